//! The JSON kinds of fields.

/// The JSON kind of a value. `null` is accepted for each, as Go's decoder accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String(Text),
    Bool,
    /// An integer that fits into 64 bits.
    Int,
    /// An integer that fits into 32 bits.
    Int32,
    /// An integer, or a duration such as `5s`.
    Duration,
    /// An array of values of one kind.
    List(&'static Kind),
    /// An object with any keys, and values of one kind.
    Map(&'static Kind),
    /// An object with these fields; other members are accepted.
    Object(&'static [Fields]),
    /// An object whose members are not checked.
    AnyObject,
    /// Any value.
    Any,
}

/// The meaning of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// No meaning that this program relies on.
    Plain,
    /// The workload's name: another name replaces it.
    WorkloadName,
    /// A mount, `path` or `host:container`.
    Mount,
    /// A reference to a secret, `name,target=VARIABLE`.
    SecretReference,
}

/// How `inspect` shows a field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// With its value, on a line of its own or as part of one. Members that appear on no line are listed by
    /// name.
    Line,
    /// By its name.
    Name,
}

/// Members of a JSON object that are alike. Spaces separate their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) names: &'static str,
    pub(crate) kind: Kind,
    pub(crate) shown: Shown,
}

impl Kind {
    /// Returns the name and the group of the field for whose name `is_wanted` returns true.
    pub(crate) fn field(
        self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Option<(&'static str, &'static Fields)> {
        let Self::Object(fields) = self else { return None };
        let named = |group: &'static Fields| {
            let name = group.names.split(' ').find(|name| is_wanted(name))?;
            Some((name, group))
        };
        fields.iter().find_map(named)
    }

    pub(crate) fn member(self, name: &str) -> Self {
        match self {
            Self::Map(value) => *value,
            _ => self.field(|known| known == name).map_or(Self::Any, |(_, field)| field.kind),
        }
    }

    pub(crate) const fn element(self) -> Self {
        match self {
            Self::List(element) => *element,
            _ => Self::Any,
        }
    }
}
