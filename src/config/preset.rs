//! Named sets of settings. A preset starts from the defaults and changes what it lists.

use super::Config;
use crate::error::{Code, Error, Result};

/// A named set of settings.
pub struct Preset {
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    pub settings: &'static [(&'static str, &'static str)],
}

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "default",
        doc: "A library in a host program: a quarter of the memory, nothing is lost on power failure.",
        settings: &[],
    },
    Preset {
        name: "tiny",
        doc: "Small devices and test suites with many stores: 48 MiB and one thread.",
        settings: &[
            ("memory_budget_bytes", "48 MiB"),
            ("spill_bytes", "4 MiB"),
            ("threads", "1"),
            ("max_term_bytes", "4 MiB"),
        ],
    },
    Preset {
        name: "server",
        doc: "A machine of its own, many clients: half of the memory, and limits that keep one client from stopping the others.",
        settings: &[
            ("memory_budget_bytes", "50%"),
            ("merge_per_second_bytes", "256 MiB"),
            ("write_wait_ms", "5 s"),
            ("write_idle_ms", "60 s"),
            ("query_timeout_ms", "60 s"),
            ("max_version_age_ms", "1 h"),
            ("max_pinned_bytes", "16 GiB"),
        ],
    },
    Preset {
        name: "bulk",
        doc: "Filling a store once: most of the memory, large runs, commits not synced one by one. Bulk loads are synced before they are seen in every preset.",
        settings: &[
            ("memory_budget_bytes", "70%"),
            ("spill_bytes", "512 MiB"),
            ("durability", "os_buffered"),
            ("load_batch_statements", "1000000"),
        ],
    },
];

impl Preset {
    /// What it changes: `name = value`, separated by commas.
    pub fn settings_text(&self) -> String {
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|(knob, value)| format!("{knob} = {value}"))
            .collect();
        settings.join(", ")
    }
}

impl Config {
    /// The settings of a preset. Errors: `InvalidConfig`, the hint lists all presets.
    pub fn preset(name: &str) -> Result<Self> {
        let preset = PRESETS
            .iter()
            .find(|preset| preset.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
                Error::new(Code::InvalidConfig, format!("there is no preset {name:?}"))
                    .with_hint(format!("the presets are {}", names.join(", ")))
            })?;
        let mut config = Self::default();
        for (knob, value) in preset.settings {
            config.set(knob, value)?;
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid_and_differs_from_the_default_where_it_says() {
        for preset in PRESETS {
            let config = Config::preset(preset.name).unwrap();
            config.validate().unwrap();
            for (knob, _) in preset.settings {
                assert_ne!(
                    config.get(knob).unwrap(),
                    Config::default().get(knob).unwrap(),
                    "{} {knob}",
                    preset.name
                );
            }
        }
        assert_eq!(Config::preset("default").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_preset_is_answered_with_all_names() {
        let error = Config::preset("huge").unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        assert!(
            error
                .hint()
                .unwrap()
                .contains("default, tiny, server, bulk")
        );
    }
}
