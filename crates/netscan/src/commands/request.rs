//! From options to a request: what nmap is asked for, and from which template.

use netscan_api::template::TemplateBody;
use netscan_modules::nmap::capabilities::Capabilities;
use netscan_modules::nmap::options::{NmapOptions, OptionError};
use serde_json::{Map, Value};

use crate::arguments::plan::How;
use crate::desk::{Choice, Desk};
use crate::ending::Fault;
use crate::wire::{self, Context};

/// What nmap is asked to do, as this machine's nmap understands it. A server reads that itself, so
/// that nothing comes back for one.
pub(super) fn read(
    context: &Context,
    how: &How,
    template: Option<&Choice>,
) -> anyhow::Result<Option<(NmapOptions, Capabilities)>> {
    // Before anything is made or asked.
    how.modules()?;
    if context.server().is_some() {
        return Ok(None);
    }
    let capabilities = context.capabilities();
    let options = match template.filter(|_| how.is_nothing()) {
        Some(choice) => of_template(choice, &capabilities)?,
        None => options(how, &capabilities)?,
    };
    Ok(Some((options, capabilities)))
}

/// What nmap is asked to do by what was typed.
fn options(how: &How, capabilities: &Capabilities) -> anyhow::Result<NmapOptions> {
    let usage = |error: OptionError, name| Fault::new(format!("{name}: {error}")).of_usage();
    if let Some(text) = &how.nmap {
        let policy = wire::policy(capabilities)?;
        return Ok(NmapOptions::parse(text, &policy).map_err(|error| usage(error, "--nmap"))?);
    }
    let profile = how.profile.unwrap_or_default();
    let options = profile.options_with(how.ports.as_deref(), how.top_ports, how.udp);
    Ok(options.map_err(|error| usage(error, "ports"))?)
}

/// What nmap is asked to do by a template, which says so at its top or with its module.
fn of_template(choice: &Choice, capabilities: &Capabilities) -> anyhow::Result<NmapOptions> {
    let filled = choice.filled()?;
    let nmap = filled.modules.iter().find(|module| module.id == "nmap" && module.enabled);
    let of_module = |key: &str| nmap.and_then(|module| module.config.get(key));
    let text = |key: &str| of_module(key).and_then(Value::as_str).map(str::to_owned);
    let fault = |error: &dyn std::fmt::Display| {
        Fault::new(format!("template {}: {error}", choice.template.name))
    };
    let top_ports = of_module("top_ports").and_then(Value::as_u64);
    let how = How {
        nmap: filled.options.clone().or(text("options")),
        profile: match text("profile").map(|profile| profile.parse()) {
            Some(profile) => Some(
                profile.map_err(|error: netscan_model::observation::UnknownName| fault(&error))?,
            ),
            None => None,
        },
        ports: text("ports"),
        top_ports: top_ports.and_then(|count| u16::try_from(count).ok()),
        udp: of_module("udp").and_then(Value::as_bool).unwrap_or_default(),
        modules: Vec::new(),
    };
    options(&how, capabilities).map_err(|error| fault(&error).into())
}

/// Whether this machine can do what is asked, and how it does otherwise than asked.
pub(super) fn fit(
    context: &Context,
    options: &NmapOptions,
    capabilities: &Capabilities,
) -> Result<(), Fault> {
    let doctor = "`netscan doctor` tells what this machine can do";
    if let Some(problem) = capabilities.problems.first() {
        return Err(Fault::new(format!("this machine cannot run scans: {problem}")).hint(doctor));
    }
    if capabilities.raw_sockets {
        return Ok(());
    }
    let (_, fallbacks) = options
        .without_raw_sockets()
        .map_err(|error| Fault::new(error.to_string()).hint(doctor))?;
    for fallback in &fallbacks {
        context.talk.note(fallback);
    }
    if fallbacks.is_empty() && options.scans_ports() {
        context.talk.note("Without raw sockets nmap uses TCP connections (-sT)");
    }
    Ok(())
}

/// The template in `ID[:name=value,…]`, with the values.
pub(super) async fn choice(
    context: &Context,
    typed: Option<&str>,
) -> anyhow::Result<Option<Choice>> {
    let Some(typed) = typed else { return Ok(None) };
    let (reference, values) = typed.split_once(':').unwrap_or((typed, ""));
    let template = Desk::open(context).await?.template(reference, None).await?;
    let parameters = parameters(&template, values)?;
    Ok(Some(Choice { template, parameters }))
}

/// The values in `name=value,…`, each as its parameter takes it. A comma that no name follows belongs
/// to the value before it.
pub(super) fn parameters(template: &TemplateBody, text: &str) -> Result<Map<String, Value>, Fault> {
    let mut values: Vec<(&str, String)> = Vec::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let named = part.split_once('=');
        let is_known =
            |name: &str| template.parameters.iter().any(|parameter| parameter.name == name);
        match (named, values.last_mut()) {
            (Some((name, value)), _) if is_known(name) => values.push((name, value.to_owned())),
            (_, Some((_, value))) => *value = format!("{value},{part}"),
            (named, None) => return Err(stray(template, named.map_or(part, |(name, _)| name))),
        }
    }
    let typed = |(name, value): (&str, String)| {
        let kind = template.parameters.iter().find(|parameter| parameter.name == name);
        let kind = kind.map_or("", |parameter| parameter.kind.as_str());
        (name.to_owned(), value_of(kind, value))
    };
    Ok(values.into_iter().map(typed).collect())
}

fn stray(template: &TemplateBody, name: &str) -> Fault {
    let names: Vec<_> =
        template.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let sentence = format!("template {} has no parameter {name:?}", template.name);
    let hint = match names.as_slice() {
        [] => "it has no parameters at all".to_owned(),
        names => format!("write name=value; it has {}", names.join(", ")),
    };
    Fault::new(sentence).hint(hint).of_usage()
}

/// What cannot be read as its kind stays a text, so that whoever checks it can say what is wrong.
fn value_of(kind: &str, text: String) -> Value {
    let number = || text.parse::<i64>().ok().map(Value::from);
    let truth = || text.parse::<bool>().ok().map(Value::from);
    let value = match kind {
        "integer" => number(),
        "boolean" => truth(),
        _ => None,
    };
    value.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template() -> TemplateBody {
        let parameter = |name: &str, kind: &str| json!({ "name": name, "type": kind, "description": "", "default": null, "required": false });
        let parameters = [
            parameter("net", "targets"),
            parameter("size", "integer"),
            parameter("deep", "boolean"),
        ];
        serde_json::from_value(json!({
            "id": "0192f3a1-7a10-7000-8000-000000000000", "name": "weekly", "description": "",
            "version": 1, "newest": 1, "versions": [], "body": "", "parameters": parameters,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "created_by": "cli:root",
        }))
        .unwrap()
    }

    #[test]
    fn values_are_read_as_their_parameters_take_them() {
        let values = parameters(&template(), "net=10.0.0.1,10.0.0.2,size=16,deep=true").unwrap();

        assert_eq!(
            Value::Object(values),
            json!({ "net": "10.0.0.1,10.0.0.2", "size": 16, "deep": true })
        );
        assert_eq!(parameters(&template(), "").unwrap(), Map::new());
        assert_eq!(parameters(&template(), "size=many").unwrap()["size"], "many");
    }

    #[test]
    fn a_value_without_a_parameter_names_those_that_there_are() {
        let fault = parameters(&template(), "speed=9").unwrap_err();

        assert_eq!(fault.to_string(), "template weekly has no parameter \"speed\"");
    }
}
