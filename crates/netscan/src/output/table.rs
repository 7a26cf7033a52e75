//! Plain tables: columns by blanks, numbers to the right, nothing that a stranger wrote unescaped.

use std::fmt;

use netscan_report::sanitise;

/// A table in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns. Those whose name begins with `#` hold numbers.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Two columns without heads: names and values.
    pub(crate) fn of_facts() -> Self {
        Self { heads: vec!["", ""], rows: Vec::new() }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.heads.len());
        self.rows.push(cells.into_iter().map(|cell| sanitise(&cell).into_owned()).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.heads.iter().map(|head| head.trim_start_matches('#').chars().count()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }

    fn write_row<'a>(
        &self,
        out: &mut fmt::Formatter<'_>,
        cells: impl Iterator<Item = &'a str>,
        widths: &[usize],
    ) -> fmt::Result {
        let mut line = String::new();
        for ((cell, head), width) in cells.zip(&self.heads).zip(widths) {
            let cell = if head.starts_with('#') {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            };
            line.push_str(&cell);
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        if self.heads.iter().any(|head| !head.is_empty()) {
            let heads = self.heads.iter().map(|head| head.trim_start_matches('#'));
            self.write_row(out, heads, &widths)?;
        }
        for row in &self.rows {
            self.write_row(out, row.iter().map(String::as_str), &widths)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_control_characters_are_seen() {
        let mut table = Table::new(&["Name", "#Hosts"]);
        table.row(["a\x1b[2J".into(), "7".into()]);
        table.row(["longer name".into(), "12".into()]);

        assert_eq!(
            table.to_string(),
            "Name         Hosts\na\\x1b[2J         7\nlonger name     12\n"
        );
    }
}
