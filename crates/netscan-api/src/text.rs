//! The texts that requests hold: how long they may be and what may be in them, said once for the
//! check and for the document.
//!
//! The types are names of rules and are never made; a field says `#[schema(value_type = Name)]`, and
//! its check asks [`Rule::objection`].

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What a text of some kind must be like.
pub trait Rule {
    /// The fewest characters.
    const LEAST: usize;
    /// The most characters.
    const MOST: usize;

    /// What is wrong with `text` besides its length, if anything is.
    fn fault(text: &str) -> Option<&'static str>;

    /// What is wrong with `text`, if anything is. Reads on after the name of the field.
    fn objection(text: &str) -> Option<String> {
        let length = text.chars().count();
        let (least, most) = (Self::LEAST, Self::MOST);
        if length < least {
            let characters = if least == 1 { "character" } else { "characters" };
            return Some(format!("must have {least} {characters} at least"));
        }
        if length > most {
            return Some(format!("has {length} characters, more than the {most} that it may have"));
        }
        Self::fault(text).map(str::to_owned)
    }
}

/// Defines a rule and its schema.
macro_rules! rule {
    (
        $(#[$doc:meta])*
        $name:ident, $least:literal..=$most:literal, $pattern:expr, $description:literal,
        $example:literal, $fault:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Rule for $name {
            const LEAST: usize = $least;
            const MOST: usize = $most;

            fn fault(text: &str) -> Option<&'static str> {
                let fault: fn(&str) -> Option<&'static str> = $fault;
                fault(text)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(($least > 0).then_some($least))
                    .max_length(Some($most))
                    .pattern($pattern)
                    .description(Some($description))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

const NO_CONTROL: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
const NO_CONTROL_AND_NO_SPACE_FIRST: &str = r"^[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\u0000-\u001f\u007f-\u009f]*$";
const LINES: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
const USER: &str = r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$";
const DIGITS: &str = "^[0-9]{6}$";

const IS_CONTROL: &str = "holds a control character, which it may not";

fn control(text: &str) -> Option<&'static str> {
    text.chars().any(char::is_control).then_some(IS_CONTROL)
}

fn control_or_space_first(text: &str) -> Option<&'static str> {
    let begins_with_space = text.starts_with(char::is_whitespace);
    control(text).or(begins_with_space.then_some("begins with a space, which it may not"))
}

fn control_but_lines(text: &str) -> Option<&'static str> {
    let is_bad = |character: char| character.is_control() && !"\n\r\t".contains(character);
    text.contains(is_bad).then_some(IS_CONTROL)
}

fn not_a_user(text: &str) -> Option<&'static str> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte);
    let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    (!starts_well || !text.bytes().all(is_legal))
        .then_some("must begin with a letter or digit, and hold only letters, digits and . _ @ + -")
}

rule! {
    /// What something is called that must have a name.
    Name, 1..=200, Some(NO_CONTROL_AND_NO_SPACE_FIRST),
    "A name: no control characters, and no space at its beginning.", "office network",
    control_or_space_first
}

rule! {
    /// What something may be called, or what else fits on one line; may be empty.
    Label, 0..=200, Some(NO_CONTROL),
    "A line of text without control characters; may be empty.", "weekly", control
}

rule! {
    /// What people write about something: many lines.
    Prose, 0..=10_000, Some(LINES),
    "A text; the only control characters that it may hold are line ends and tabs.",
    "As agreed with the owner of the network.", control_but_lines
}

rule! {
    /// One target, or several with spaces or commas between them.
    TargetText, 1..=1_000, Some(NO_CONTROL),
    "A target: an address, CIDR, range, name, URL or email address; `!` before it excludes it.",
    "192.0.2.0/24", control
}

rule! {
    /// A list of targets as a text.
    TargetLines, 0..=10_000_000, None::<&str>,
    "Targets with spaces, commas or line ends between them; `#` begins a comment, and `!` before a \
     target excludes it.",
    "192.0.2.0/24 # the office\n!192.0.2.1", |_| None
}

rule! {
    /// One word of nmap's command line.
    OptionWord, 1..=1_000, Some(NO_CONTROL),
    "A word of nmap's command line. It is read, checked against what is allowed, and written anew.",
    "-sT", control
}

rule! {
    /// nmap's options as they stand on a command line.
    OptionLine, 0..=10_000, Some(NO_CONTROL),
    "nmap's options as on a command line. They are read, checked against what is allowed, and \
     written anew.",
    "-sT -sV -p 22,80", control
}

rule! {
    /// Ports as nmap's `-p` takes them.
    PortList, 1..=1_000, Some(NO_CONTROL),
    "Ports as nmap's `-p` takes them.", "22,80,8000-8100", control
}

rule! {
    /// A template's text.
    TemplateText, 1..=262_144, Some(LINES),
    "A template in YAML.", "name: weekly\nprofile: default\n", control_but_lines
}

rule! {
    /// A user's name.
    UserName, 1..=100, Some(USER),
    "A user's name: it begins with a letter or digit, and holds only those and . _ @ + -.",
    "mara", not_a_user
}

rule! {
    /// A password that is being chosen.
    NewPassword, 12..=1_000, None::<&str>,
    "A password. Its length is what makes it strong; any character may be in it.",
    "correct horse battery staple", |_| None
}

rule! {
    /// A password, or another secret, that is being shown to prove something.
    Secret, 1..=1_000, None::<&str>, "A secret, such as a password.", "correct horse battery staple", |_| None
}

rule! {
    /// The six digits that an authenticator shows.
    OneTimeCode, 6..=6, Some(DIGITS), "The six digits that an authenticator shows.", "123456",
    |text| (!text.bytes().all(|byte| byte.is_ascii_digit())).then_some("must be six digits")
}

/// Defines the schema of a list of texts.
macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $item:ident, $most:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ArrayBuilder::new().items($item::schema()).max_items(Some($most)).into()
            }
        }

        impl ToSchema for $name {}
    };
}

list! {
    /// nmap's command line, word by word.
    OptionWords, OptionWord, 1_000
}

list! {
    /// A list of targets.
    TargetTexts, TargetText, 100_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_something_to_read_and_no_control_characters() {
        assert_eq!(Name::objection("office network"), None);
        assert_eq!(Name::objection("").unwrap(), "must have 1 character at least");
        assert_eq!(Name::objection(" a").unwrap(), "begins with a space, which it may not");
        assert_eq!(Name::objection("\u{3000}a").unwrap(), "begins with a space, which it may not");
        for bad in ["a\nb", "\u{1b}[2J", "a\u{85}"] {
            assert_eq!(Name::objection(bad).unwrap(), IS_CONTROL, "{bad:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(Name::objection(&"ä".repeat(200)), None);
        assert_eq!(
            Name::objection(&"ä".repeat(201)).unwrap(),
            "has 201 characters, more than the 200 that it may have"
        );
    }

    #[test]
    fn prose_has_lines_and_tabs_but_no_other_control_characters() {
        assert_eq!(Prose::objection("one\r\n\ttwo"), None);
        assert_eq!(Prose::objection("bell\u{7}").unwrap(), IS_CONTROL);
        assert_eq!(Prose::objection("nul\0").unwrap(), IS_CONTROL);
    }

    #[test]
    fn a_user_name_may_be_an_email_address() {
        assert_eq!(UserName::objection("mara.k+scan@example.com"), None);
        for bad in ["@mara", "mara k", "mära", "-x"] {
            assert!(UserName::objection(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(OneTimeCode::objection("123456"), None);
        assert!(OneTimeCode::objection("12345").is_some());
        assert!(OneTimeCode::objection("12345a").is_some());
    }

    #[test]
    fn the_document_says_the_same_bounds_as_the_check() {
        let schema = serde_json::to_value(Name::schema()).unwrap();

        assert_eq!(schema["minLength"], Name::LEAST);
        assert_eq!(schema["maxLength"], Name::MOST);
        assert_eq!(schema["pattern"], NO_CONTROL_AND_NO_SPACE_FIRST);
    }
}
