//! Stable codes: the words that stand in JSON for a kind of thing, each an enum with one list.

/// Error of a code that an enum does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown code `{0}`")]
pub struct UnknownCode(pub String);

/// Declares an enum of stable codes. `ALL`, `code`, `Display`, `FromStr`, the serde form, which is
/// the code, and its JSON Schema follow from its one list.
///
/// ```
/// reprove_model::codes! {
///     /// Weather.
///     pub enum Weather {
///         /// Sun.
///         Sunny = "sunny",
///     }
/// }
/// assert_eq!("sunny".parse(), Ok(Weather::Sunny));
/// assert_eq!(Weather::ALL, [Weather::Sunny]);
/// ```
#[macro_export]
macro_rules! codes {
    ($(#[$type_doc:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $member:ident = $code:literal,)+
    }) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $member,)+
        }

        impl $name {
            /// All members, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$member),+];

            /// The stable code, as in JSON.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$member => $code,)+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::codes::UnknownCode;

            fn from_str(code: &str) -> ::std::result::Result<Self, Self::Err> {
                let mut all = Self::ALL.iter().copied();
                all.find(|member| member.code() == code)
                    .ok_or_else(|| $crate::codes::UnknownCode(code.to_owned()))
            }
        }

        impl $crate::codes::serde::Serialize for $name {
            fn serialize<S: $crate::codes::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> $crate::codes::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::codes::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let code = <::std::string::String as $crate::codes::serde::Deserialize>::deserialize(
                    deserializer,
                )?;
                code.parse().map_err($crate::codes::serde::de::Error::custom)
            }
        }

        impl $crate::codes::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::stringify!($name).into()
            }

            fn json_schema(
                _: &mut $crate::codes::schemars::SchemaGenerator,
            ) -> $crate::codes::schemars::Schema {
                let codes: &[&str] = &[$($code),+];
                $crate::codes::schemars::json_schema!({ "enum": codes })
            }
        }
    };
}

#[doc(hidden)]
pub use schemars;
#[doc(hidden)]
pub use serde;
