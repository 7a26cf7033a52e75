//! Markup: escaping, tables and lists of facts.

use std::fmt::Write as _;
use std::io::{self, Write};

/// `text` as text of HTML, inside of an attribute too. It is sanitised already.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Labels and values.
pub(crate) fn facts(facts: &[(&str, String)], page: &mut impl Write) -> io::Result<()> {
    writeln!(page, "<dl class=\"facts\">")?;
    for (label, value) in facts {
        writeln!(page, "<dt>{label}</dt><dd>{}</dd>", escape(value))?;
    }
    writeln!(page, "</dl>")
}

/// The beginning of a table, up to its rows. Its caption is for those who do not see the heading above.
pub(crate) fn begin_table<const N: usize>(
    caption: &str,
    header: [&str; N],
    page: &mut impl Write,
) -> io::Result<()> {
    let header = header.map(|text| format!("<th scope=\"col\">{text}</th>")).concat();
    writeln!(
        page,
        "<div class=\"wide\"><table>\n<caption class=\"unseen\">{}</caption>\n\
         <thead><tr>{header}</tr></thead>\n<tbody>",
        escape(caption)
    )
}

/// The end of a table.
pub(crate) fn end_table(page: &mut impl Write) -> io::Result<()> {
    writeln!(page, "</tbody>\n</table></div>")
}

/// A row that its first cell names. The cells are markup.
pub(crate) fn row<const N: usize>(cells: &[String; N], page: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for (place, cell) in cells.iter().enumerate() {
        let written = match place {
            0 => write!(line, "<th scope=\"row\">{cell}</th>"),
            _ => write!(line, "<td>{cell}</td>"),
        };
        written.expect("a text takes all");
    }
    writeln!(page, "<tr>{line}</tr>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_markup_is_made_of() {
        assert_eq!(escape("<a b='\"'>&"), "&lt;a b=&#39;&quot;&#39;&gt;&amp;");
    }
}
