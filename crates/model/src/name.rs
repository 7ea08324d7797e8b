//! Names of configurations and of metrics.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Defines a name: a text of its own type, which reads as `str` and is a plain string in JSON.
macro_rules! name {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

name! {
    /// The name of a configuration, which is unique in its manifest.
    ///
    /// ```
    /// use reprove_model::name::ConfigurationId;
    ///
    /// let id = ConfigurationId::from("h12");
    /// assert_eq!(id, "h12");
    /// assert_eq!(serde_json::to_string(&id)?, r#""h12""#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ConfigurationId
}

name! {
    /// The name of a metric: in a claim, in what a program writes, in a record.
    ///
    /// ```
    /// use reprove_model::name::MetricName;
    ///
    /// let metrics = std::collections::BTreeMap::from([(MetricName::from("loss"), 0.5)]);
    /// assert_eq!(metrics["loss"], 0.5);
    /// ```
    MetricName
}
