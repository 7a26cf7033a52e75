//! What nmap is asked for: options as they are, or a profile and ports; at the top of the request
//! or as the configuration of the module `nmap`.

use std::num::NonZeroU16;

use netscan_api::FieldProblem;
use netscan_api::scan::{CreateScan, Options, Profile};
use netscan_model::scan::ModuleChoice;
use netscan_modules::nmap::options::{self, NmapOptions, OptionError, Place, Policy};
use netscan_orchestrator::template::{Filled, Said};
use serde::Deserialize;
use serde_json::Value;

use crate::input;
use crate::refusal::Refusal;

/// What may be said of nmap in one place.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    options: Option<Options>,
    profile: Option<Profile>,
    ports: Option<String>,
    top_ports: Option<NonZeroU16>,
    udp: bool,
}

impl Wanted {
    fn is_nothing(&self) -> bool {
        self.options.is_none() && !self.has_profile()
    }

    fn has_profile(&self) -> bool {
        self.profile.is_some() || self.ports.is_some() || self.top_ports.is_some() || self.udp
    }

    /// The options, if anything is said; `at` is where.
    fn options(&self, at: &str, policy: &Policy) -> Result<Option<NmapOptions>, Refusal> {
        if let Some(options) = &self.options {
            if self.has_profile() {
                let message = "cannot stand beside profile, ports, top_ports or udp";
                return Err(Refusal::field(format!("{at}/options"), message));
            }
            return parsed(&format!("{at}/options"), options, policy).map(Some);
        }
        if !self.has_profile() {
            return Ok(None);
        }
        let profile = match self.profile.unwrap_or_default() {
            Profile::Quick => options::Profile::Quick,
            Profile::Default => options::Profile::Default,
            Profile::Full => options::Profile::Full,
        };
        let top_ports = self.top_ports.map(NonZeroU16::get);
        let options = profile.options_with(self.ports.as_deref(), top_ports, self.udp);
        let field = |error: &OptionError| match error {
            OptionError::Value { option: "--top-ports", .. } => format!("{at}/top_ports"),
            _ => format!("{at}/ports"),
        };
        options.map(Some).map_err(|error| Refusal::field(field(&error), error.to_string()))
    }
}

/// nmap's options as somebody wrote them at `field`, as far as `policy` allows.
pub(crate) fn parsed(
    field: &str,
    options: &Options,
    policy: &Policy,
) -> Result<NmapOptions, Refusal> {
    let parsed = match options {
        Options::Line(line) => NmapOptions::parse(line, policy),
        Options::Words(words) => NmapOptions::parse_words(words, policy),
    };
    parsed.map_err(|error| {
        let field = match &error {
            OptionError::Refused { place: Place::Word(word), .. }
            | OptionError::UnclosedQuote { place: Place::Word(word) }
            | OptionError::Character { place: Place::Word(word), .. } => {
                format!("{field}/{}", word.saturating_sub(1))
            }
            _ => field.to_owned(),
        };
        Refusal::field(field, error.to_string())
    })
}

/// What is said of nmap at the top of the request.
fn outright(asked: &CreateScan) -> Wanted {
    Wanted {
        options: asked.options.clone(),
        profile: asked.profile,
        ports: asked.ports.clone(),
        top_ports: asked.top_ports,
        udp: asked.udp,
    }
}

/// What nmap is to do: as the caller says, or else the template, or else as usual.
pub(super) fn of(
    asked: &CreateScan,
    filled: &Filled,
    policy: &Policy,
) -> Result<NmapOptions, Refusal> {
    let outright = outright(asked);
    let (at, of_module) = of_module(&asked.modules)?;
    if !outright.is_nothing() && !of_module.is_nothing() {
        let message = "says what nmap is to do a second time: say it here or at the top";
        return Err(Refusal::field(at, message));
    }
    if let Some(options) = outright.options("", policy)? {
        return Ok(options);
    }
    if let Some(options) = of_module.options(&at, policy)? {
        return Ok(options);
    }
    let (at, of_module) = self::of_module(&filled.modules)?;
    let written = filled.options.clone().map(Options::Line);
    let of_template = match written {
        Some(line) => Some(parsed("/template", &line, policy)?),
        None => of_module.options(&at, policy).map_err(|refusal| refusal.all_at("/template"))?,
    };
    Ok(of_template.unwrap_or_else(|| options::Profile::Default.options()))
}

/// The modules that the scan runs. A request that names none takes those of the template.
pub(super) fn modules(asked: &CreateScan, filled: &Filled) -> Result<Vec<ModuleChoice>, Refusal> {
    if !asked.modules.is_empty() {
        check(&asked.modules)?;
        return Ok(asked.modules.clone());
    }
    check(&filled.modules).map_err(|refusal| refusal.all_at("/template"))?;
    let said = match outright(asked) {
        Wanted { options: Some(_), .. } => Said::Options,
        wanted if wanted.has_profile() => Said::Profile,
        _ => Said::Nothing,
    };
    Ok(filled.modules_with(said))
}

fn check(modules: &[ModuleChoice]) -> Result<(), Refusal> {
    if modules.is_empty() {
        return Ok(());
    }
    let known = ModuleChoice::KNOWN;
    let unknown =
        modules.iter().enumerate().filter(|(_, module)| !known.contains(&module.id.as_str()));
    let unknown: Vec<_> = unknown
        .map(|(place, ModuleChoice { id, .. })| {
            let message = format!("there is no module {id:?}; there are {}", known.join(", "));
            FieldProblem::new(format!("/modules/{place}/id"), message)
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::unprocessable(unknown));
    }
    let first_passes = modules.iter().filter(|module| module.is_first_pass()).count();
    let has_nmap = modules.iter().any(|module| module.runs(ModuleChoice::NMAP));
    let message = match (first_passes, has_nmap) {
        (0 | 1, true) => return Ok(()),
        (0, false) => "runs nothing: enable one",
        (1, false) => {
            "finds ports without nmap, whose options say which: name nmap too; it runs only when more \
             is asked than ports"
        }
        _ => ModuleChoice::TWO_FIRST_PASSES,
    };
    Err(Refusal::field("/modules", message))
}

/// The configuration of the module nmap, and where it stands.
fn of_module(modules: &[ModuleChoice]) -> Result<(String, Wanted), Refusal> {
    let Some(place) = modules.iter().position(|module| module.runs(ModuleChoice::NMAP)) else {
        return Ok((String::new(), Wanted::default()));
    };
    let at = format!("/modules/{place}/config");
    let config = Value::Object(modules[place].config.clone());
    let wanted = input::value(&at, config)?;
    Ok((at, wanted))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use netscan_modules::nmap::scripts::ScriptCatalogue;
    use serde_json::json;

    use super::*;

    fn options(body: Value) -> Result<String, String> {
        let policy = Policy::local(Arc::new(ScriptCatalogue::default()));
        let asked: CreateScan = serde_json::from_value(body).unwrap();
        let fields = |refusal: Refusal| refusal.fields().join(" ");
        modules(&asked, &Filled::default()).map_err(fields)?;
        let options = of(&asked, &Filled::default(), &policy);
        options.map(|options| options.canonical()).map_err(fields)
    }

    #[test]
    fn options_may_be_a_line_words_a_profile_or_the_configuration_of_the_module() {
        let same = "-sT -p22";

        assert_eq!(options(json!({ "options": "-sT -p 22" })).unwrap(), same);
        assert_eq!(options(json!({ "options": ["-sT", "-p", "22"] })).unwrap(), same);
        let config = json!({ "options": "-p22 -sT" });
        assert_eq!(
            options(json!({ "modules": [{ "id": "nmap", "config": config }] })).unwrap(),
            same
        );
        let quick = options(json!({ "profile": "quick" })).unwrap();
        let config = json!({ "profile": "QUICK" });
        assert_eq!(
            options(json!({ "modules": [{ "id": "nmap", "config": config }] })).unwrap(),
            quick
        );
    }

    #[test]
    fn nmap_runs_alone_when_its_own_options_are_written_or_when_it_is_named_alone() {
        let ids = |body: Value, filled: &Filled| {
            let asked: CreateScan = serde_json::from_value(body).unwrap();
            let modules = modules(&asked, filled).unwrap();
            modules.into_iter().map(|module| module.id).collect::<Vec<_>>().join(" ")
        };
        let nothing = Filled::default();
        let template =
            |has_profile| Filled { options: Some("-p22".into()), has_profile, ..Filled::default() };

        assert_eq!(ids(json!({}), &nothing), "discover nmap");
        assert_eq!(ids(json!({ "profile": "full" }), &nothing), "discover nmap");
        assert_eq!(ids(json!({ "options": "-sT" }), &nothing), "nmap");
        assert_eq!(ids(json!({ "modules": [{ "id": "nmap" }] }), &nothing), "nmap");
        let masscan = json!({ "modules": [{ "id": "masscan" }, { "id": "nmap" }] });
        assert_eq!(ids(masscan, &nothing), "masscan nmap");
        assert_eq!(ids(json!({}), &template(true)), "discover nmap");
        assert_eq!(ids(json!({}), &template(false)), "nmap");
        assert_eq!(ids(json!({ "profile": "full" }), &template(false)), "discover nmap");
    }

    #[test]
    fn each_mistake_names_its_field() {
        let refused = |body| options(body).unwrap_err();
        let module = |config: Value| json!({ "modules": [{ "id": "nmap", "config": config }] });

        assert_eq!(refused(json!({ "options": ["-sT", "--bad"] })), "/options/1");
        assert_eq!(refused(json!({ "options": "-sT --bad" })), "/options");
        assert_eq!(refused(json!({ "ports": "99999" })), "/ports");
        assert_eq!(refused(module(json!({ "options": ["-oX"] }))), "/modules/0/config/options/0");
        assert_eq!(refused(module(json!({ "speed": 9 }))), "/modules/0/config/speed");
        assert_eq!(refused(module(json!({ "top_ports": 0 }))), "/modules/0/config/top_ports");
        assert_eq!(refused(json!({ "modules": [{ "id": "whois" }] })), "/modules/0/id");
        assert_eq!(refused(json!({ "modules": [{ "id": "nmap", "enabled": false }] })), "/modules");
        assert_eq!(refused(json!({ "modules": [{ "id": "discover" }] })), "/modules");
        let all = ["discover", "masscan", "nmap"].map(|id| json!({ "id": id }));
        assert_eq!(refused(json!({ "modules": all })), "/modules");
        let twice = json!({
            "options": "-sT", "modules": [{ "id": "nmap", "config": { "profile": "full" } }],
        });
        assert_eq!(refused(twice), "/modules/0/config");
    }
}
