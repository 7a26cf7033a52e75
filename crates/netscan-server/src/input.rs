//! What a request carries, read strictly: each mistake is answered with the field at fault.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use netscan_api::{Check, FieldProblem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;

use crate::refusal::Refusal;

/// The most items on a page.
pub(crate) const LARGEST_PAGE: u32 = 1_000;
/// The items on a page when nobody says how many.
const USUAL_PAGE: u32 = 100;

/// How long a body may take to come that is read as a whole: the largest one at a megabit a second.
const PATIENCE: Duration = Duration::from_mins(2);
/// JSON values that a body may hold: twice the targets of a request, which it may name and leave
/// out. Each takes many times the memory of its text.
const MOST_VALUES: usize = 250_000;

/// A JSON body whose every field was checked.
pub(crate) struct Body<T>(pub(crate) T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + Serialize + Check,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        refuse_other_media(request.headers())?;
        let bytes = whole(request, state, PATIENCE).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body whose every field was checked, or the usual value when there is no body.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T, S> FromRequest<S> for OptionalBody<T>
where
    T: DeserializeOwned + Serialize + Check + Default,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let media = refuse_other_media(request.headers());
        let bytes = whole(request, state, PATIENCE).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        media?;
        parse(&bytes).map(Self)
    }
}

/// The body, if all of it comes in time.
async fn whole<S: Send + Sync>(
    request: Request,
    state: &S,
    patience: Duration,
) -> Result<Bytes, Refusal> {
    match timeout(patience, Bytes::from_request(request, state)).await {
        Ok(body) => body.map_err(|rejection| unreadable(&rejection)),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body did not come within {} s", patience.as_secs_f64()),
        )),
    }
}

/// The value in a JSON text, checked.
pub(crate) fn parse<T: DeserializeOwned + Serialize + Check>(text: &[u8]) -> Result<T, Refusal> {
    refuse_crowds(text)?;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            Refusal::field(field, without_place(&error))
        } else {
            Refusal::bad_request(format!("the body is not JSON: {error}"))
        }
    })?;
    reader.end().map_err(|error| Refusal::bad_request(format!("the body is not JSON: {error}")))?;
    refuse_lists_for_objects(text, &value)?;
    value.check().map_err(Refusal::unprocessable)?;
    Ok(value)
}

/// Refuses a text with more values than anybody needs, before any of them is made.
fn refuse_crowds(text: &[u8]) -> Result<(), Refusal> {
    if entries(text) > MOST_VALUES {
        let detail = format!("the body holds more than {MOST_VALUES} values; send it in parts");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok(())
}

/// How many items of lists and fields of objects a JSON text has at most: each follows a comma or an
/// opening bracket.
fn entries(text: &[u8]) -> usize {
    let (mut count, mut is_in_text, mut is_escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_in_text,
            b'"' => is_in_text = !is_in_text,
            b',' | b'[' | b'{' if !is_in_text => count += 1,
            _ => {}
        }
    }
    count
}

/// Refuses a list where an object belongs: serde takes it for the object's fields in their order.
fn refuse_lists_for_objects(text: &[u8], value: &impl Serialize) -> Result<(), Refusal> {
    if !text.contains(&b'[') {
        return Ok(());
    }
    let (Ok(given), Ok(meant)) = (serde_json::from_slice(text), serde_json::to_value(value)) else {
        return Ok(());
    };
    match list_for_object(&given, &meant) {
        Some(field) => Err(Refusal::field(field, "is an object, not a list")),
        None => Ok(()),
    }
}

/// The pointer to the first list in `given` that is an object in `meant`.
fn list_for_object(given: &Value, meant: &Value) -> Option<String> {
    let below = |name: &str, given: &Value, meant: Option<&Value>| {
        list_for_object(given, meant?).map(|rest| format!("/{name}{rest}"))
    };
    match (given, meant) {
        (Value::Array(_), Value::Object(_)) => Some(String::new()),
        (Value::Array(given), Value::Array(meant)) => given
            .iter()
            .zip(meant)
            .enumerate()
            .find_map(|(index, (given, meant))| below(&index.to_string(), given, Some(meant))),
        (Value::Object(given), Value::Object(meant)) => {
            given.iter().find_map(|(name, given)| below(&escaped(name), given, meant.get(name)))
        }
        _ => None,
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The value in a part of a document that stands at the pointer `at`.
pub(crate) fn value<T: DeserializeOwned>(at: &str, json: Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let field = format!("{at}{}", pointer(error.path()));
        Refusal::field(field, error.into_inner().to_string())
    })
}

fn refuse_other_media(headers: &HeaderMap) -> Result<(), Refusal> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = media.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if media == "application/json" || media.ends_with("+json") {
        return Ok(());
    }
    let detail = "the body must be JSON, with `Content-Type: application/json`";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

fn unreadable(rejection: &BytesRejection) -> Refusal {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is larger than this server takes; send it in parts",
        ),
        _ => Refusal::bad_request("the body ended before it was whole"),
    }
}

/// A path into a document as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut text, segment| {
        text.push('/');
        match segment {
            Segment::Seq { index } => text.push_str(&index.to_string()),
            Segment::Map { key } => text.push_str(&escaped(key)),
            Segment::Enum { variant } => text.push_str(variant),
            Segment::Unknown => text.push('?'),
        }
        text
    })
}

/// The message without ` at line 1 column 2`: the field says where.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The parameters behind the question mark, checked.
pub(crate) struct Query<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned + Check,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let _ = state;
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The parameters in a query, checked. Those whose mistakes do not say where they are belong to the
/// query as a whole.
fn parse_query<T: DeserializeOwned + Check>(text: &str) -> Result<T, Refusal> {
    let text = merged(text);
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    let value: T = serde_path_to_error::deserialize(reader).map_err(|error| {
        let field = pointer(error.path());
        Refusal::field(field, error.into_inner().to_string())
    })?;
    value.check().map_err(|problems| {
        let with_slash = |problem: FieldProblem| {
            let field = format!("/{}", problem.field.trim_start_matches('/'));
            FieldProblem { field, ..problem }
        };
        Refusal::unprocessable(problems.into_iter().map(with_slash).collect())
    })?;
    Ok(value)
}

/// The query with `status=a&status=b` written as `status=a,b`: the one parameter that is a list.
fn merged(query: &str) -> String {
    let (states, others): (Vec<_>, Vec<_>) =
        form_urlencoded::parse(query.as_bytes()).partition(|(name, _)| name == "status");
    let states: Vec<_> = states.into_iter().map(|(_, value)| value).collect();
    let mut merged = form_urlencoded::Serializer::new(String::new());
    merged.extend_pairs(others);
    if !states.is_empty() {
        merged.append_pair("status", &states.join(","));
    }
    merged.finish()
}

/// The id in the path. One that is malformed belongs to nothing.
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = path_text(parts, state).await?;
        let id = Uuid::try_parse(&text).map_err(|_| Refusal::not_found("thing"))?;
        Ok(Self(id))
    }
}

/// The first word that stands for something in the path.
pub(crate) struct Word(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Word {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        path_text(parts, state).await.map(Self)
    }
}

/// All words that stand for something in the path.
pub(crate) struct Words<const N: usize>(pub(crate) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Words<N> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let words = path_words(parts, state).await?;
        words.try_into().map(Self).map_err(|_| Refusal::not_found("thing"))
    }
}

async fn path_text<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, Refusal> {
    let words = path_words(parts, state).await?;
    words.into_iter().next().ok_or_else(|| Refusal::not_found("thing"))
}

async fn path_words<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<String>, Refusal> {
    let words = RawPathParams::from_request_parts(parts, state).await;
    let words = words.map_err(|_| Refusal::not_found("thing"))?;
    Ok(words.iter().map(|(_, value)| value.to_owned()).collect())
}

/// How many items a page shall have.
pub(crate) fn page_size(limit: Option<u32>) -> Result<u32, Refusal> {
    match limit.unwrap_or(USUAL_PAGE) {
        size @ 1..=LARGEST_PAGE => Ok(size),
        other => Err(Refusal::field(
            "/limit",
            format!("a page has between 1 and {LARGEST_PAGE} items, not {other}"),
        )),
    }
}

/// A place in a list as text that callers send back as it is.
pub(crate) fn cursor(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The cursor behind a page that was to have `size` items; none when it was not filled, and so is
/// the last one.
pub(crate) fn next_cursor<T, P: Serialize>(
    items: &[T],
    size: u32,
    place_of: impl FnOnce(&T) -> P,
) -> Option<String> {
    let is_full = u32::try_from(items.len()).is_ok_and(|count| count >= size);
    items.last().filter(|_| is_full).map(|last| cursor(&place_of(last)))
}

/// The place that a cursor stands for.
pub(crate) fn place<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Refusal> {
    let Some(text) = cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let wrong = || FieldProblem {
        field: "/cursor".into(),
        message: "this is no cursor of this list; take `next_cursor` as it came".into(),
    };
    place.map(Some).ok_or_else(|| Refusal::unprocessable(vec![wrong()]))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use netscan_api::project::{CreateProject, UpdateProject};
    use netscan_api::query::ListScans;
    use netscan_model::scan::State;
    use netscan_model::scope::Scope;

    use super::*;

    fn refusal<T: DeserializeOwned + Serialize + Check>(body: &str) -> (u16, String) {
        let refusal = parse::<T>(body.as_bytes()).err().expect("it is refused");
        (refusal.status().as_u16(), refusal.fields().join(" "))
    }

    #[test]
    fn a_body_of_very_many_values_is_refused_before_they_are_made() {
        let numbers = "1,".repeat(MOST_VALUES);
        let brackets = "[".repeat(MOST_VALUES + 1);

        for body in [format!("{{\"rules\":[{numbers}1]}}"), brackets] {
            assert_eq!(refusal::<Scope>(&body).0, 413);
        }
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        let count = |text: &str| entries(text.as_bytes());

        assert_eq!(
            (count("7"), count("[]"), count("[1, 2]"), count(r#"{"a": [1], "b": 2}"#)),
            (0, 1, 2, 3)
        );
        assert_eq!(count(r#""a,[{""#), 0);
        assert_eq!(count(r#"["\\\",[", ","]"#), 2);
        assert_eq!(count(r#"["\\\\",1]"#), 2);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let nothing = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(axum::body::Body::from_stream(nothing));

        let refusal = whole(request, &(), Duration::from_millis(10)).await.unwrap_err();

        assert_eq!(refusal.status(), 408);
    }

    #[test]
    fn a_mistake_in_a_list_names_its_place() {
        let body = r#"{"rules":[{"effect":"deny","subject":"10.0.0.1"},{"effect":"deny","subject":"x y"}]}"#;

        assert_eq!(refusal::<Scope>(body), (422, "/rules/1/subject".into()));
    }

    #[test]
    fn a_list_is_no_object_wherever_it_stands() {
        let refused = |body| refusal::<UpdateProject>(body);

        assert_eq!(refusal::<CreateProject>(r#"["office", "ours"]"#), (422, String::new()));
        assert_eq!(refused(r#"{"limits": [null, null, 7]}"#), (422, "/limits".into()));
        let body = r#"{"rules": [["deny", "10.0.0.1", null]]}"#;
        assert_eq!(refusal::<Scope>(body).0, 422);
    }

    #[test]
    fn what_is_not_json_is_told_apart_from_what_makes_no_sense() {
        assert_eq!(refusal::<CreateProject>("{").0, 400);
        assert_eq!(refusal::<CreateProject>(r#"{"name":"a"} x"#).0, 400);
        assert_eq!(refusal::<CreateProject>(r#"{"name":7}"#), (422, "/name".into()));
        assert_eq!(refusal::<CreateProject>(r#"{"name":""}"#), (422, "/name".into()));
        assert_eq!(refusal::<CreateProject>(r#"{"name":"a","x":1}"#), (422, "/x".into()));
    }

    #[test]
    fn states_may_be_listed_and_repeated_in_any_case() {
        let query: ListScans = parse_query("status=RUNNING,paused&limit=5&status=Failed").unwrap();

        let states = query.status.unwrap().0;
        assert_eq!(states, [State::Running, State::Paused, State::Failed]);
    }

    #[test]
    fn a_parameter_that_cannot_be_read_is_named() {
        let refused = |query| parse_query::<ListScans>(query).err().unwrap().fields().join(" ");

        assert_eq!(refused("status=done"), "/status");
        assert_eq!(refused("limit=0"), "/limit");
        assert_eq!(refused("limit=many"), "/limit");
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let text = cursor(&(7_u64, "lab"));

        assert_eq!(place(Some(&text)).unwrap(), Some((7_u64, "lab".to_owned())));
        assert_eq!(place::<u64>(None).unwrap(), None);
        for wrong in ["", "?", "bm9wZQ"] {
            assert_eq!(place::<u64>(Some(wrong)).err().unwrap().status(), 422, "{wrong}");
        }
    }

    #[test]
    fn a_refusal_is_a_problem_with_its_own_media_type() {
        let response = Refusal::field("/name", "is empty").into_response();

        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
}
