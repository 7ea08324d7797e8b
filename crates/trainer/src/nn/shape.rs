//! Shapes of rows, and their errors.

/// A layer that does not take the shape it gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ShapeError {
    /// The path of the layer inside the list of layers, for example `[2].residual[0]`.
    pub(crate) path: String,
    pub(crate) message: String,
}

impl ShapeError {
    /// An error of the layer itself.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            message: message.into(),
        }
    }

    /// The error of the layer with this index in a list.
    pub(crate) fn at(self, index: usize) -> Self {
        Self {
            path: format!("[{index}]{}", self.path),
            ..self
        }
    }

    /// The error of a layer inside a block of this name.
    pub(crate) fn inside(self, block: &str) -> Self {
        Self {
            path: format!(".{block}{}", self.path),
            ..self
        }
    }
}

/// The largest count of numbers in a row, and of the parameters of a network together. Larger
/// networks fit no machine, and their sizes could overflow.
pub(crate) const MOST_NUMBERS: usize = 1 << 32;

/// The product of some sizes, or `None` above [`MOST_NUMBERS`].
pub(crate) fn moderate_product(sizes: &[usize]) -> Option<usize> {
    let product = sizes
        .iter()
        .try_fold(1_usize, |all, one| all.checked_mul(*one));
    product.filter(|product| *product <= MOST_NUMBERS)
}

/// The shape itself.
///
/// # Errors
/// A shape of more than [`MOST_NUMBERS`] numbers.
pub(crate) fn of_moderate_size(shape: Vec<usize>) -> Result<Vec<usize>, ShapeError> {
    match moderate_product(&shape) {
        Some(_) => Ok(shape),
        None => Err(ShapeError::new(format!(
            "expected at most {MOST_NUMBERS} numbers a row, found the shape {}",
            shape_text(&shape)
        ))),
    }
}

/// A shape as it is written in messages: `(25, 5)`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    let numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("({})", numbers.join(", "))
}

/// The length and width of a sequence.
///
/// # Errors
/// A shape that does not have two dimensions.
pub(crate) fn sequence(shape: &[usize]) -> Result<(usize, usize), ShapeError> {
    match *shape {
        [length, width] => Ok((length, width)),
        _ => Err(ShapeError::new(format!(
            "expected the shape (length, width), found {}",
            shape_text(shape)
        ))),
    }
}

/// The shape itself.
///
/// # Errors
/// A shape of one dimension.
pub(crate) fn at_least_two(shape: &[usize]) -> Result<&[usize], ShapeError> {
    if shape.len() < 2 {
        let found = shape_text(shape);
        return Err(ShapeError::new(format!(
            "expected at least two dimensions, found {found}"
        )));
    }
    Ok(shape)
}
