//! Writes measurements in the text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

use super::histogram::Histogram;

/// The content type of what is written here.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What kind of number a family of samples has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only goes up.
    Counter,
    /// How often something was how large.
    Histogram,
}

/// A page of measurements.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
    family: &'static str,
}

/// What tells the samples of one family apart.
pub(super) type Labels<'a> = [(&'a str, &'a str)];

impl Exposition {
    /// Begins a family of samples.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> &mut Self {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        self.family = name;
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        self
    }

    /// A sample of the family that was begun.
    pub(super) fn sample(&mut self, labels: &Labels<'_>, value: impl Display) -> &mut Self {
        let (name, labels) = (self.family, written(labels));
        self.line(format_args!("{name}{labels} {value}\n"));
        self
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, name: &'static str, help: &str, value: impl Display) {
        self.family(name, Kind::Gauge, help).sample(&[], value);
    }

    /// A counter without labels.
    pub(super) fn counter(&mut self, name: &'static str, help: &str, value: impl Display) {
        self.family(name, Kind::Counter, help).sample(&[], value);
    }

    /// The samples of a histogram of the family that was begun.
    pub(super) fn histogram(&mut self, labels: &Labels<'_>, histogram: &Histogram) {
        let name = self.family;
        for (bound, count) in histogram.cumulative() {
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.to_string());
            let labels = written(&[labels, &[("le", &bound)]].concat());
            self.line(format_args!("{name}_bucket{labels} {count}\n"));
        }
        let (labels, sum, count) = (written(labels), histogram.sum(), histogram.count());
        self.line(format_args!("{name}_sum{labels} {sum}\n{name}_count{labels} {count}\n"));
    }

    /// All that was written.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a text has room");
    }
}

fn written(labels: &Labels<'_>) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pair = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
    let pairs: Vec<_> = labels.iter().map(pair).collect();
    format!("{{{}}}", pairs.join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_family_says_what_it_is_before_its_samples() {
        let mut page = Exposition::default();

        page.family("netscan_scans", Kind::Gauge, "Scans, by state.")
            .sample(&[("state", "running")], 2)
            .sample(&[("state", "a\"\\\n")], 0.5);

        assert_eq!(
            page.finish(),
            "# HELP netscan_scans Scans, by state.\n# TYPE netscan_scans gauge\n\
             netscan_scans{state=\"running\"} 2\nnetscan_scans{state=\"a\\\"\\\\\\n\"} 0.5\n"
        );
    }

    #[test]
    fn the_buckets_of_a_histogram_include_those_below_them() {
        let (mut page, mut histogram) = (Exposition::default(), Histogram::default());
        histogram.add(Duration::from_millis(1));
        histogram.add(Duration::from_millis(40));
        histogram.add(Duration::from_mins(1));

        page.family("x_seconds", Kind::Histogram, "X.").histogram(&[("a", "b")], &histogram);

        let text = page.finish();
        assert!(text.contains("x_seconds_bucket{a=\"b\",le=\"0.001\"} 1\n"), "{text}");
        assert!(text.contains("x_seconds_bucket{a=\"b\",le=\"0.05\"} 2\n"), "{text}");
        assert!(text.contains("x_seconds_bucket{a=\"b\",le=\"10\"} 2\n"), "{text}");
        assert!(text.contains("x_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\n"), "{text}");
        assert!(
            text.ends_with("x_seconds_sum{a=\"b\"} 60.041\nx_seconds_count{a=\"b\"} 3\n"),
            "{text}"
        );
    }
}
