//! Messages of JSON-RPC 2.0 (<https://www.jsonrpc.org/specification>), read and written.

use serde_json::{Map, Value, json};

use super::lines::LONGEST;

/// The line is not JSON.
pub(super) const NOT_JSON: i32 = -32_700;
/// It is JSON, and not a message that can be taken here.
pub(super) const NO_REQUEST: i32 = -32_600;
/// There is no such method.
pub(super) const NO_METHOD: i32 = -32_601;
/// The method's parameters are wrong.
pub(super) const WRONG_PARAMETERS: i32 = -32_602;
/// There is too much to do already.
pub(super) const REFUSED: i32 = -32_000;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    Request {
        id: Value,
        method: String,
        parameters: Map<String, Value>,
    },
    Notification {
        method: String,
        parameters: Map<String, Value>,
    },
    /// An answer, though nothing was asked.
    Response,
    /// Nothing that could be read; the reply to it.
    Wrong(Value),
}

impl Message {
    pub(super) fn parse(line: &[u8]) -> Self {
        let value: Value = match serde_json::from_slice(line) {
            Ok(value) => value,
            Err(error) => {
                let text = format!("a line holds one message in JSON, and this is none: {error}");
                return Self::Wrong(reply_to_nobody(NOT_JSON, &text));
            }
        };
        match value {
            Value::Object(fields) => Self::read(fields),
            Value::Array(_) => Self::Wrong(reply_to_nobody(
                NO_REQUEST,
                "batches of messages are not taken: send one message per line",
            )),
            _ => Self::Wrong(reply_to_nobody(NO_REQUEST, "a message is an object")),
        }
    }

    pub(super) fn too_long() -> Self {
        let text = format!("a message has at most {LONGEST} bytes");
        Self::Wrong(reply_to_nobody(NO_REQUEST, &text))
    }

    fn read(mut fields: Map<String, Value>) -> Self {
        let id = fields.remove("id");
        let is_id = |id: &Value| id.is_string() || id.is_i64() || id.is_u64();
        let wrong = |id: Option<&Value>, text: &str| {
            Self::Wrong(error(id.filter(|id| is_id(id)).unwrap_or(&Value::Null), NO_REQUEST, text))
        };
        if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return wrong(id.as_ref(), "a message says \"jsonrpc\": \"2.0\"");
        }
        let Some(method) = fields.remove("method") else {
            let is_answer = fields.contains_key("result") || fields.contains_key("error");
            return if is_answer {
                Self::Response
            } else {
                wrong(id.as_ref(), "a request has a method")
            };
        };
        let Value::String(method) = method else {
            return wrong(id.as_ref(), "a method is a text");
        };
        let parameters = match fields.remove("params") {
            None => Map::new(),
            Some(Value::Object(parameters)) => parameters,
            Some(_) => return wrong(id.as_ref(), "params are an object"),
        };
        match id {
            None => Self::Notification { method, parameters },
            Some(id) if is_id(&id) => Self::Request { id, method, parameters },
            Some(_) => wrong(None, "the id of a request is a text or a whole number"),
        }
    }
}

/// The reply to a request that was carried out.
pub(super) fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The reply to a request that was not.
pub(super) fn error(id: &Value, code: i32, text: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": text } })
}

fn reply_to_nobody(code: i32, text: &str) -> Value {
    error(&Value::Null, code, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> (Value, i64) {
        let Message::Wrong(reply) = Message::parse(line.as_bytes()) else {
            panic!("{line} was taken");
        };
        (reply["id"].clone(), reply["error"]["code"].as_i64().unwrap())
    }

    #[test]
    fn requests_notifications_and_responses_are_told_apart() {
        let parameters = Map::from_iter([("a".to_owned(), json!(1))]);
        let request = |id| Message::Request { id, method: "m".into(), parameters: Map::new() };

        for (line, message) in [
            (r#"{"jsonrpc":"2.0","id":7,"method":"m"}"#, request(json!(7))),
            (r#"{"jsonrpc":"2.0","id":"x","method":"m","params":{}}"#, request(json!("x"))),
            (
                r#"{"jsonrpc":"2.0","method":"m","params":{"a":1}}"#,
                Message::Notification { method: "m".into(), parameters },
            ),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Message::Response),
        ] {
            assert_eq!(Message::parse(line.as_bytes()), message, "{line}");
        }
    }

    #[test]
    fn what_is_no_message_is_told_by_its_code() {
        let nobody = Value::Null;
        for (line, id, expected) in [
            ("", &nobody, NOT_JSON),
            ("{", &nobody, NOT_JSON),
            ("\u{fffd}", &nobody, NOT_JSON),
            ("7", &nobody, NO_REQUEST),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, &nobody, NO_REQUEST),
            (r#"{"id":1,"method":"ping"}"#, &json!(1), NO_REQUEST),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, &json!(1), NO_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1}"#, &json!(1), NO_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, &json!(1), NO_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}"#, &json!(1), NO_REQUEST),
            (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, &nobody, NO_REQUEST),
            (r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, &nobody, NO_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, &nobody, NO_REQUEST),
        ] {
            assert_eq!(code(line), (id.clone(), expected.into()), "{line}");
        }
        assert!(matches!(Message::parse(b"\xff"), Message::Wrong(_)));
    }
}
