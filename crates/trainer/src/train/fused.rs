//! The steps of optimisers on the processor, each number once: [`update`](crate::train::update)'s rules in
//! few passes over the memory and without new tensors.
//!
//! Each number goes through the same operations in the same order as there, so the bits are the same.

use candle_core::{CpuStorage, InplaceOp2, InplaceOp3, Layout, Result, Tensor};

use crate::nn::ops::operator::Real;

/// A rule that changes a number by another one, with constants.
trait Pair<const N: usize> {
    const NAME: &'static str;
    fn constants(&self) -> [f64; N];
    fn apply<T: Real>(constants: [T; N], own: T, other: T) -> T;
}

/// A rule that changes a number by two others, with constants.
trait Triple<const N: usize> {
    const NAME: &'static str;
    fn constants(&self) -> [f64; N];
    fn apply<T: Real>(constants: [T; N], own: T, first: T, second: T) -> T;
}

/// share · own + (1 - share) · other.
struct Blend(f64);

impl Pair<2> for Blend {
    const NAME: &'static str = "blend";

    fn constants(&self) -> [f64; 2] {
        [self.0, 1.0 - self.0]
    }

    fn apply<T: Real>([share, rest]: [T; 2], own: T, other: T) -> T {
        own * share + other * rest
    }
}

/// share · own + (1 - share) · other².
struct BlendSquare(f64);

impl Pair<2> for BlendSquare {
    const NAME: &'static str = "blend-square";

    fn constants(&self) -> [f64; 2] {
        [self.0, 1.0 - self.0]
    }

    fn apply<T: Real>([share, rest]: [T; 2], own: T, other: T) -> T {
        own * share + other * other * rest
    }
}

/// momentum · own + other.
struct Accumulate(f64);

impl Pair<1> for Accumulate {
    const NAME: &'static str = "accumulate";

    fn constants(&self) -> [f64; 1] {
        [self.0]
    }

    fn apply<T: Real>([momentum]: [T; 1], own: T, other: T) -> T {
        own * momentum + other
    }
}

/// own - rate · other.
struct Descend(f64);

impl Pair<1> for Descend {
    const NAME: &'static str = "descend";

    fn constants(&self) -> [f64; 1] {
        [self.0]
    }

    fn apply<T: Real>([rate]: [T; 1], own: T, other: T) -> T {
        own - other * rate
    }
}

/// own - rate · (gradient + momentum · velocity).
struct NesterovStep {
    momentum: f64,
    rate: f64,
}

impl Triple<2> for NesterovStep {
    const NAME: &'static str = "nesterov-step";

    fn constants(&self) -> [f64; 2] {
        [self.momentum, self.rate]
    }

    fn apply<T: Real>([momentum, rate]: [T; 2], own: T, gradient: T, velocity: T) -> T {
        own - (gradient + velocity * momentum) * rate
    }
}

/// kept · own - rate · mean / (grown · √square + ε).
struct AdamStep {
    kept: f64,
    grown: f64,
    epsilon: f64,
    rate: f64,
}

impl Triple<4> for AdamStep {
    const NAME: &'static str = "adam-step";

    fn constants(&self) -> [f64; 4] {
        [self.kept, self.grown, self.epsilon, self.rate]
    }

    fn apply<T: Real>([kept, grown, epsilon, rate]: [T; 4], own: T, mean: T, square: T) -> T {
        own * kept - mean / (square.root() * grown + epsilon) * rate
    }
}

/// own - rate · gradient / (√square + ε).
struct RmsStep {
    epsilon: f64,
    rate: f64,
}

impl Triple<2> for RmsStep {
    const NAME: &'static str = "rms-step";

    fn constants(&self) -> [f64; 2] {
        [self.epsilon, self.rate]
    }

    fn apply<T: Real>([epsilon, rate]: [T; 2], own: T, gradient: T, square: T) -> T {
        own - gradient / (square.root() + epsilon) * rate
    }
}

/// momentum · own + gradient / (√square + ε).
struct RmsAccumulate {
    momentum: f64,
    epsilon: f64,
}

impl Triple<2> for RmsAccumulate {
    const NAME: &'static str = "rms-accumulate";

    fn constants(&self) -> [f64; 2] {
        [self.momentum, self.epsilon]
    }

    fn apply<T: Real>([momentum, epsilon]: [T; 2], own: T, gradient: T, square: T) -> T {
        own * momentum + gradient / (square.root() + epsilon)
    }
}

/// Weights, their gradient and what the optimiser remembers of them, all contiguous and on the processor.
pub(crate) struct FusedStep<'s> {
    pub(crate) weights: &'s Tensor,
    pub(crate) gradient: &'s Tensor,
    pub(crate) state: &'s [Tensor],
    /// The learning rate of this update.
    pub(crate) rate: f64,
}

impl FusedStep<'_> {
    /// One step of gradient descent; the state is the velocity, or nothing without momentum.
    pub(crate) fn descend(&self, momentum: f64) -> Result<()> {
        match self.state {
            [velocity, ..] => {
                pairwise(velocity, self.gradient, Accumulate(momentum))?;
                pairwise(self.weights, velocity, Descend(self.rate))
            }
            [] => pairwise(self.weights, self.gradient, Descend(self.rate)),
        }
    }

    /// The same with Nesterov's momentum.
    pub(crate) fn nesterov(&self, momentum: f64) -> Result<()> {
        let [velocity, ..] = self.state else {
            return self.descend(momentum);
        };
        pairwise(velocity, self.gradient, Accumulate(momentum))?;
        let rate = self.rate;
        let step = NesterovStep { momentum, rate };
        triplewise(self.weights, self.gradient, velocity, step)
    }

    /// One step of Adam, the `count`-th; the weights are first multiplied by `kept`.
    pub(crate) fn adam(
        &self,
        betas: (f64, f64),
        epsilon: f64,
        kept: f64,
        count: i32,
    ) -> Result<()> {
        let [mean, square] = self.state else {
            candle_core::bail!("Adam without state");
        };
        let missing = |beta: f64| 1.0 - beta.powi(count);
        pairwise(mean, self.gradient, Blend(betas.0))?;
        pairwise(square, self.gradient, BlendSquare(betas.1))?;
        let step = AdamStep {
            kept,
            grown: 1.0 / missing(betas.1).sqrt(),
            epsilon,
            rate: self.rate / missing(betas.0),
        };
        triplewise(self.weights, mean, square, step)
    }

    /// One step of RMSprop; the state is the mean square, and with momentum the buffer.
    pub(crate) fn rms_prop(&self, alpha: f64, epsilon: f64, momentum: f64) -> Result<()> {
        let [square, buffers @ ..] = self.state else {
            candle_core::bail!("RMSprop without state");
        };
        pairwise(square, self.gradient, BlendSquare(alpha))?;
        let rate = self.rate;
        match buffers {
            [] => triplewise(
                self.weights,
                self.gradient,
                square,
                RmsStep { epsilon, rate },
            ),
            [buffer, ..] => {
                let gather = RmsAccumulate { momentum, epsilon };
                triplewise(buffer, self.gradient, square, gather)?;
                pairwise(self.weights, buffer, Descend(rate))
            }
        }
    }
}

fn pairwise<const N: usize>(own: &Tensor, other: &Tensor, rule: impl Pair<N>) -> Result<()> {
    own.inplace_op2(other, &InPlace::<_, N>(rule))
}

fn triplewise<const N: usize>(
    own: &Tensor,
    first: &Tensor,
    second: &Tensor,
    rule: impl Triple<N>,
) -> Result<()> {
    own.inplace_op3(first, second, &InPlaceOfTwo::<_, N>(rule))
}

struct InPlace<R, const N: usize>(R);
struct InPlaceOfTwo<R, const N: usize>(R);

/// The stretch of a contiguous tensor in its storage.
fn stretch(layout: &Layout) -> Result<std::ops::Range<usize>> {
    match layout.contiguous_offsets() {
        Some((begin, end)) => Ok(begin..end),
        None => candle_core::bail!("an optimiser's step needs contiguous tensors"),
    }
}

impl<R: Pair<N>, const N: usize> InPlace<R, N> {
    fn run<T: Real>(&self, own: &mut [T], other: &[T]) {
        let constants = self.0.constants().map(T::from_f64);
        for (own, &other) in own.iter_mut().zip(other) {
            *own = R::apply(constants, *own, other);
        }
    }
}

impl<R: Pair<N>, const N: usize> InplaceOp2 for InPlace<R, N> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &mut CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<()> {
        let (own, other) = (stretch(l1)?, stretch(l2)?);
        match (s1, s2) {
            (CpuStorage::F32(s1), CpuStorage::F32(s2)) => self.run(&mut s1[own], &s2[other]),
            (CpuStorage::F64(s1), CpuStorage::F64(s2)) => self.run(&mut s1[own], &s2[other]),
            _ => candle_core::bail!("numbers of another kind than f32 or f64"),
        }
        Ok(())
    }
}

impl<R: Triple<N>, const N: usize> InPlaceOfTwo<R, N> {
    fn run<T: Real>(&self, own: &mut [T], first: &[T], second: &[T]) {
        let constants = self.0.constants().map(T::from_f64);
        for ((own, &first), &second) in own.iter_mut().zip(first).zip(second) {
            *own = R::apply(constants, *own, first, second);
        }
    }
}

impl<R: Triple<N>, const N: usize> InplaceOp3 for InPlaceOfTwo<R, N> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &mut CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<()> {
        let (own, first, second) = (stretch(l1)?, stretch(l2)?, stretch(l3)?);
        match (s1, s2, s3) {
            (CpuStorage::F32(s1), CpuStorage::F32(s2), CpuStorage::F32(s3)) => {
                self.run(&mut s1[own], &s2[first], &s3[second]);
            }
            (CpuStorage::F64(s1), CpuStorage::F64(s2), CpuStorage::F64(s3)) => {
                self.run(&mut s1[own], &s2[first], &s3[second]);
            }
            _ => candle_core::bail!("numbers of another kind than f32 or f64"),
        }
        Ok(())
    }
}
