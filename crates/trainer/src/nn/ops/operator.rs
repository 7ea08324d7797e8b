//! Operators of the processor: one rule for both number types, in candle's graph.

use std::ops::{Add, AddAssign, Mul};

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor, WithDType,
};

/// The number types that the operators work on.
pub(crate) trait Real:
    WithDType + Add<Output = Self> + AddAssign + Mul<Output = Self>
{
    /// The square root.
    fn root(self) -> Self;
    /// Whether this is no number.
    fn is_nan(self) -> bool;
}

impl Real for f32 {
    fn root(self) -> Self {
        self.sqrt()
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Real for f64 {
    fn root(self) -> Self {
        self.sqrt()
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

/// A tensor as it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'s> {
    pub(crate) storage: &'s CpuStorage,
    pub(crate) layout: &'s Layout,
}

impl<'s> Stored<'s> {
    /// The sizes of a tensor of three dimensions.
    pub(crate) fn dims3(self) -> Result<(usize, usize, usize)> {
        self.layout.shape().dims3()
    }

    /// The numbers of a contiguous tensor.
    pub(crate) fn numbers<T: Real>(self) -> Result<&'s [T]> {
        match self.layout.contiguous_offsets() {
            Some((begin, end)) => Ok(&T::cpu_storage_as_slice(self.storage)?[begin..end]),
            None => candle_core::bail!("an operator of the processor needs contiguous tensors"),
        }
    }
}

/// The numbers that a rule gives, and their shape.
pub(crate) type OpResult<T> = Result<(Vec<T>, Shape)>;

/// A rule with one argument.
pub(crate) trait Unary: Send + Sync {
    const NAME: &'static str;

    fn forward<T: Real>(&self, values: Stored) -> OpResult<T>;

    /// The slopes of the values, given those of the result.
    fn backward(&self, _values: &Tensor, _result: &Tensor, _slopes: &Tensor) -> Result<Tensor> {
        no_slopes(Self::NAME)
    }
}

/// A rule with two arguments.
pub(crate) trait Binary: Send + Sync {
    const NAME: &'static str;

    fn forward<T: Real>(&self, left: Stored, right: Stored) -> OpResult<T>;

    /// The slopes of the arguments, given those of the result; the first are wanted if `is_wanted`.
    fn backward(
        &self,
        _: [&Tensor; 2],
        _slopes: &Tensor,
        _is_wanted: bool,
    ) -> Result<Gradients<2>> {
        no_slopes(Self::NAME)
    }
}

/// A rule with three arguments.
pub(crate) trait Ternary: Send + Sync {
    const NAME: &'static str;

    fn forward<T: Real>(&self, first: Stored, second: Stored, third: Stored) -> OpResult<T>;

    /// The slopes of the arguments, given those of the result, which are contiguous; the first are
    /// wanted if `is_wanted`.
    fn backward(&self, _: [&Tensor; 3], _slopes: &Tensor, _is_wanted: bool)
    -> Result<Gradients<3>>;
}

/// The slopes of each argument.
pub(crate) type Gradients<const N: usize> = [Option<Tensor>; N];

fn no_slopes<T>(name: &str) -> Result<T> {
    candle_core::bail!("`{name}` has no slopes")
}

/// A rule as an operator of candle. The first argument of a layer is often the data, which need no
/// slopes; for the first layer they would be the larger half of the work.
pub(crate) struct Operator<R>(pub(crate) R);

/// Calls a rule for the number type of a storage.
macro_rules! made {
    ($rule:expr, $storage:expr, $($argument:expr),+) => {
        match $storage.dtype() {
            DType::F64 => {
                let (values, shape) = $rule.forward::<f64>($($argument),+)?;
                Ok((CpuStorage::F64(values), shape))
            }
            DType::F32 => {
                let (values, shape) = $rule.forward::<f32>($($argument),+)?;
                Ok((CpuStorage::F32(values), shape))
            }
            other => candle_core::bail!("expected f32 or f64, found {other:?}"),
        }
    };
}

impl<R: Unary> CustomOp1 for Operator<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        made!(self.0, storage, Stored { storage, layout })
    }

    fn bwd(&self, values: &Tensor, result: &Tensor, slopes: &Tensor) -> Result<Option<Tensor>> {
        if !values.track_op() {
            return Ok(None);
        }
        let slopes = self.0.backward(values, result, &slopes.contiguous()?)?;
        Ok(Some(slopes))
    }
}

impl<R: Binary> CustomOp2 for Operator<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        made!(self.0, s1, stored(s1, l1), stored(s2, l2))
    }

    fn bwd(
        &self,
        left: &Tensor,
        right: &Tensor,
        _result: &Tensor,
        slopes: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let slopes = self.0.backward([left, right], slopes, left.track_op())?;
        Ok(slopes.into())
    }
}

impl<R: Ternary> CustomOp3 for Operator<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        made!(self.0, s1, stored(s1, l1), stored(s2, l2), stored(s3, l3))
    }

    fn bwd(
        &self,
        first: &Tensor,
        second: &Tensor,
        third: &Tensor,
        _result: &Tensor,
        slopes: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let slopes = slopes.contiguous()?;
        let slopes = self
            .0
            .backward([first, second, third], &slopes, first.track_op())?;
        Ok(slopes.into())
    }
}

fn stored<'s>(storage: &'s CpuStorage, layout: &'s Layout) -> Stored<'s> {
    Stored { storage, layout }
}
