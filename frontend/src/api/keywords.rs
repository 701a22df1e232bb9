//! Enums of the schema as texts, spelled as the schema does, which is also how addresses and forms do.

/// Gives an enum `ALL` of its values, in the order in which they are listed here, and a text for each.
macro_rules! keywords {
    ($type:ident { $($value:ident = $keyword:literal),+ $(,)? }) => {
        impl $type {
            /// All values, in the order in which pages show them.
            pub const ALL: [Self; [$($keyword),+].len()] = [$(Self::$value),+];

            /// As the schema spells it.
            pub fn keyword(self) -> &'static str {
                match self {
                    $(Self::$value => $keyword,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.keyword())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::api::scalars::UnknownKeyword;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.into_iter().find(|value| value.keyword() == text);
                known.ok_or($crate::api::scalars::UnknownKeyword)
            }
        }
    };
}

pub(super) use keywords;

#[cfg(test)]
mod tests {
    use std::{
        fmt::{Debug, Display},
        str::FromStr,
    };

    use serde::Serialize;

    use crate::api::{
        log::LogStatus,
        results::ResultStatus,
        runs::RunStatus,
        schedules::ScheduleStatus,
        session::Role,
        tasks::{CatchUpPolicy, MonthEndPolicy, OverlapPolicy, Recurrence},
    };

    fn spelled_as_in_the_schema<T>(all: &[T])
    where
        T: Copy + Debug + Display + FromStr<Err: Debug> + PartialEq + Serialize,
    {
        for value in all {
            let json = serde_json::to_value(value).expect("a word");
            assert_eq!(json, value.to_string());
            assert_eq!(value.to_string().parse::<T>().expect("a value"), *value);
        }
        assert!("nonsense".parse::<T>().is_err());
    }

    #[test]
    fn texts_are_those_of_the_schema() {
        spelled_as_in_the_schema(&CatchUpPolicy::ALL);
        spelled_as_in_the_schema(&LogStatus::ALL);
        spelled_as_in_the_schema(&MonthEndPolicy::ALL);
        spelled_as_in_the_schema(&OverlapPolicy::ALL);
        spelled_as_in_the_schema(&Recurrence::ALL);
        spelled_as_in_the_schema(&ResultStatus::ALL);
        spelled_as_in_the_schema(&Role::ALL);
        spelled_as_in_the_schema(&RunStatus::ALL);
        spelled_as_in_the_schema(&ScheduleStatus::ALL);
    }
}
