//! Units after a number.

/// Units that a metric may be in.
pub(crate) const METRIC_UNITS: &[&str] = &[
    "db", "mm", "cm", "m", "px", "pt", "pts", "pp", "nats", "nat", "bits", "bit", "bpd", "bpc",
    "bpb", "ev", "mev", "kcal/mol", "k", "°", "°c", "deg", "hz", "points", "dba", "å", "mev/atom",
    "km", "ppl",
];

/// Units of cost and count.
pub(crate) const COST_UNITS: &[&str] = &[
    "s", "sec", "secs", "second", "seconds", "ms", "us", "µs", "μs", "ns", "min", "mins",
    "minutes", "h", "hr", "hrs", "hours", "hour", "d", "day", "days", "b", "kb", "mb", "gb", "tb",
    "kib", "mib", "gib", "g", "t", "fps", "it/s", "flops", "gflops", "tflops", "mflops", "macs",
    "gmacs", "params", "w", "kwh", "j", "kj", "usd", "€", "£", "mio", "mil", "bn",
];
