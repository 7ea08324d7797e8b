//! Protocol buffer messages (encoding of proto3): as much as TensorBoard's events need.

/// One field of a protocol buffer message.
pub enum Field<'a> {
    /// A variable-length number.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// Four bytes.
    Fixed32([u8; 4]),
    /// A text, a message or packed numbers.
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    /// The number of a variable-length field.
    pub fn varint(&self) -> Option<u64> {
        if let Self::Varint(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The eight bytes of a fixed field.
    pub fn fixed64(&self) -> Option<[u8; 8]> {
        if let Self::Fixed64(bits) = self {
            Some(*bits)
        } else {
            None
        }
    }

    /// The four bytes of a fixed field.
    pub fn fixed32(&self) -> Option<[u8; 4]> {
        if let Self::Fixed32(bits) = self {
            Some(*bits)
        } else {
            None
        }
    }

    /// The bytes of a text, a message or packed numbers.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self {
            Some(bytes)
        } else {
            None
        }
    }
}

/// Calls `each` with every field; `None` where the bytes are no message.
pub fn fields<'a>(
    mut bytes: &'a [u8],
    mut each: impl FnMut(u64, Field<'a>) -> Option<()>,
) -> Option<()> {
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let field = match tag & 7 {
            0 => Field::Varint(varint(&mut bytes)?),
            1 => Field::Fixed64(fixed(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (field, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Field::Bytes(field)
            }
            5 => Field::Fixed32(fixed(&mut bytes)?),
            _ => return None,
        };
        each(tag >> 3, field)?;
    }
    Some(())
}

pub(crate) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}
