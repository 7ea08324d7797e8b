//! Recurrent networks.
//!
//! A sequence of many steps as a graph of tensors would be so deep that its traversal overflows the
//! stack. So the steps of one network along one direction are one operator with a gradient of its own,
//! which goes back through the steps with the numbers that each of them has stored.

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp3, D, Layout, MetalStorage, Result, Shape, Storage, Tensor,
};
use candle_nn::ops::sigmoid;

use crate::nn::activation::{Activation, activate};
use crate::nn::ops::affine::{affine, without_bias};

/// The rule of a step with the input x and the state h; W, U are weights, b and d biases, σ is
/// the logistic function and ∘ the product number by number. The gates, their order in the
/// parameters, and the two biases are those of PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecurrentCell {
    /// h ← tanh(W x + b + U h + d) (Elman 1990).
    Tanh,
    /// h ← max(0, W x + b + U h + d).
    Relu,
    /// Gated recurrent unit (Cho and others 2014), with gates r, z, n:
    /// r = σ(W x + b + U h + d), z likewise, n = tanh(W x + b + r ∘ (U h + d)),
    /// h ← (1 - z) ∘ n + z ∘ h.
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997; Gers and others 2000), with gates
    /// i, f, g, o, each of W x + b + U h + d: c ← σ(f) ∘ c + σ(i) ∘ tanh(g), h ← σ(o) ∘ tanh(c).
    Lstm,
}

impl RecurrentCell {
    /// The number of sums of a unit.
    pub(crate) fn gates(self) -> usize {
        match self {
            Self::Tanh | Self::Relu => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// The states (seeds, length, rows, units) after the steps, of their sums of inputs
/// (seeds, length, rows, gates · units), in this order.
pub(crate) fn unroll(
    cell: RecurrentCell,
    order: Vec<usize>,
    sums: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
) -> Result<Tensor> {
    let (seeds, _, rows, columns) = sums.dims4()?;
    let units = columns / cell.gates();
    let (flat, fixed) = (weight.detach(), bias.detach());
    let mut state = State::zero((seeds, rows, units), cell, weight)?;
    let mut caches = Vec::with_capacity(order.len());
    let mut after = vec![state.hidden_state.clone(); order.len()];
    for &step in &order {
        let own = affine(&state.hidden_state, &flat, &fixed)?;
        let (next, gates) = advance(cell, &at(&sums.detach(), step)?, &own, &state)?;
        after[step] = next.hidden_state.clone();
        let before = std::mem::replace(&mut state, next);
        caches.push(StepCache { before, gates });
    }
    let unroll = RecurrentOp {
        cell,
        order,
        caches,
        states: Tensor::stack(&after, 1)?.contiguous()?,
    };
    sums.contiguous()?.apply_op3(weight, bias, unroll)
}

/// What a step knows of the past: numbers (seeds, rows, units).
#[derive(Clone)]
struct State {
    /// h.
    hidden_state: Tensor,
    /// c of a long short-term memory.
    cell_state: Option<Tensor>,
}

impl State {
    fn cell_state(&self) -> Result<&Tensor> {
        match &self.cell_state {
            Some(cell_state) => Ok(cell_state),
            None => candle_core::bail!("a long short-term memory without its state"),
        }
    }

    fn zero(shape: (usize, usize, usize), cell: RecurrentCell, like: &Tensor) -> Result<Self> {
        let hidden_state = Tensor::zeros(shape, like.dtype(), like.device())?;
        let cell_state = (cell == RecurrentCell::Lstm).then(|| hidden_state.clone());
        Ok(Self {
            hidden_state,
            cell_state,
        })
    }
}

/// The numbers of a step of (seeds, length, …).
fn at(steps: &Tensor, step: usize) -> Result<Tensor> {
    steps.narrow(1, step, 1)?.squeeze(1)?.contiguous()
}

/// A computed step: the state before it, and of its cell
/// - plain: h,
/// - GRU: r, z, n and U h + d of the gate n,
/// - LSTM: σ(i), σ(f), tanh(g), σ(o) and tanh(c).
struct StepCache {
    before: State,
    gates: Vec<Tensor>,
}

/// One step, from the sums of the inputs and of the state (seeds, rows, gates · units).
fn advance(
    cell: RecurrentCell,
    inputs: &Tensor,
    own: &Tensor,
    state: &State,
) -> Result<(State, Vec<Tensor>)> {
    let units = state.hidden_state.dim(D::Minus1)?;
    let gate = |sums: &Tensor, index: usize| {
        let gate = sums.narrow(D::Minus1, index * units, units)?;
        gate.contiguous()
    };
    let plain = |hidden_state: Tensor, gates: Vec<Tensor>| {
        let cell_state = None;
        Ok((
            State {
                hidden_state,
                cell_state,
            },
            gates,
        ))
    };
    match cell {
        RecurrentCell::Tanh => {
            let hidden_state = (inputs + own)?.tanh()?;
            plain(hidden_state.clone(), vec![hidden_state])
        }
        RecurrentCell::Relu => {
            let hidden_state = activate(Activation::Relu, &(inputs + own)?)?;
            plain(hidden_state.clone(), vec![hidden_state])
        }
        RecurrentCell::Gru => {
            let logistic = |index| sigmoid(&(gate(inputs, index)? + gate(own, index)?)?);
            let (reset, keep, past) = (logistic(0)?, logistic(1)?, gate(own, 2)?);
            let new = (gate(inputs, 2)? + (&reset * &past)?)?.tanh()?;
            let hidden_state = (&new + (&keep * (&state.hidden_state - &new)?)?)?;
            plain(hidden_state, vec![reset, keep, new, past])
        }
        RecurrentCell::Lstm => {
            let sums = (inputs + own)?;
            let logistic = |index| sigmoid(&gate(&sums, index)?);
            let (take, keep, show) = (logistic(0)?, logistic(1)?, logistic(3)?);
            let new = gate(&sums, 2)?.tanh()?;
            let cell_state = ((&keep * state.cell_state()?)? + (&take * &new)?)?;
            let bounded = cell_state.tanh()?;
            let state = State {
                hidden_state: (&show * &bounded)?,
                cell_state: Some(cell_state),
            };
            Ok((state, vec![take, keep, new, show, bounded]))
        }
    }
}

/// All steps of a sequence, as an operator of the sums of the inputs, the weights of the state and
/// their biases.
struct RecurrentOp {
    cell: RecurrentCell,
    order: Vec<usize>,
    /// The steps in the order of computing.
    caches: Vec<StepCache>,
    /// The states after the steps.
    states: Tensor,
}

impl RecurrentOp {
    /// The states' numbers for the graph.
    fn result<S>(&self, of: impl Fn(&Storage, &Layout) -> Option<Result<S>>) -> Result<(S, Shape)> {
        let (storage, layout) = self.states.storage_and_layout();
        match of(&storage, layout) {
            Some(copied) => Ok((copied?, self.states.shape().clone())),
            None => candle_core::bail!("a recurrent network on two devices"),
        }
    }
}

impl CustomOp3 for RecurrentOp {
    fn name(&self) -> &'static str {
        "recurrent"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.result(|storage, layout| match storage {
            Storage::Cpu(numbers) => Some(numbers.try_clone(layout)),
            _ => None,
        })
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.result(|storage, layout| match storage {
            Storage::Cuda(numbers) => Some(numbers.try_clone(layout)),
            _ => None,
        })
    }

    fn metal_fwd(
        &self,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
    ) -> Result<(MetalStorage, Shape)> {
        self.result(|storage, layout| match storage {
            Storage::Metal(numbers) => Some(numbers.try_clone(layout)),
            _ => None,
        })
    }

    fn bwd(
        &self,
        _sums: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _states: &Tensor,
        slopes: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let back = weight.detach().transpose(1, 2)?.contiguous()?;
        // The slopes of what comes from later steps.
        let mut hidden_state: Option<Tensor> = None;
        let mut cell_state: Option<Tensor> = None;
        let mut of_inputs = vec![None; self.order.len()];
        let mut of_own = Vec::with_capacity(self.order.len());
        for (cache, &step) in self.caches.iter().zip(&self.order).rev() {
            let mut slope = at(slopes, step)?;
            if let Some(later) = &hidden_state {
                slope = (slope + later)?;
            }
            let found = cache.slopes(self.cell, &slope, cell_state.as_ref())?;
            let through = without_bias(&found.own, &back)?;
            hidden_state = Some(match found.hidden_state {
                Some(direct) => (direct + through)?,
                None => through,
            });
            cell_state = found.cell_state;
            of_inputs[step] = Some(found.inputs);
            of_own.push(found.own);
        }
        of_own.reverse();
        let of_inputs: Vec<Tensor> = of_inputs.into_iter().flatten().collect();
        let before: Vec<&Tensor> = self
            .caches
            .iter()
            .map(|cache| &cache.before.hidden_state)
            .collect();
        let (before, of_own) = (Tensor::cat(&before, 1)?, Tensor::cat(&of_own, 1)?);
        let before = before.transpose(1, 2)?.contiguous()?;
        let of_own = of_own.contiguous()?;
        Ok((
            Some(Tensor::stack(&of_inputs, 1)?.contiguous()?),
            Some(without_bias(&before, &of_own)?),
            Some(of_own.sum_keepdim(1)?),
        ))
    }
}

/// The slopes of the numbers that go into a step.
struct StepSlopes {
    /// Of the sums of the inputs.
    inputs: Tensor,
    /// Of the sums of the state.
    own: Tensor,
    /// Of the state before, besides its way through the sums; a plain cell has no other way.
    hidden_state: Option<Tensor>,
    cell_state: Option<Tensor>,
}

/// 1 - y², the slope of y = tanh(x).
fn tanh_slope(y: &Tensor) -> Result<Tensor> {
    y.sqr()?.affine(-1.0, 1.0)
}

/// y (1 - y), the slope of y = σ(x).
fn sigmoid_slope(y: &Tensor) -> Result<Tensor> {
    y * y.affine(-1.0, 1.0)?
}

impl StepCache {
    /// The stored gates of a cell that has `N` of them.
    fn gates<const N: usize>(&self) -> Result<&[Tensor; N]> {
        match self.gates.as_slice().try_into() {
            Ok(gates) => Ok(gates),
            Err(_) => candle_core::bail!("a step of another cell"),
        }
    }

    /// From the slopes of h and c after the step.
    fn slopes(
        &self,
        cell: RecurrentCell,
        hidden_state: &Tensor,
        cell_state: Option<&Tensor>,
    ) -> Result<StepSlopes> {
        match cell {
            RecurrentCell::Tanh => {
                let [after] = self.gates()?;
                Ok(plain_slopes((hidden_state * tanh_slope(after)?)?))
            }
            RecurrentCell::Relu => {
                let [after] = self.gates()?;
                let above = after.gt(0.0)?.to_dtype(after.dtype())?;
                Ok(plain_slopes((hidden_state * above)?))
            }
            RecurrentCell::Gru => {
                let [reset, keep, new, past] = self.gates()?;
                let of_keep =
                    ((hidden_state * (&self.before.hidden_state - new)?)? * sigmoid_slope(keep)?)?;
                let of_new = ((hidden_state * keep.affine(-1.0, 1.0)?)? * tanh_slope(new)?)?;
                let of_reset = ((&of_new * past)? * sigmoid_slope(reset)?)?;
                let of_past = (&of_new * reset)?;
                Ok(StepSlopes {
                    inputs: Tensor::cat(&[&of_reset, &of_keep, &of_new], 2)?,
                    own: Tensor::cat(&[&of_reset, &of_keep, &of_past], 2)?.contiguous()?,
                    hidden_state: Some((hidden_state * keep)?),
                    cell_state: None,
                })
            }
            RecurrentCell::Lstm => {
                let [take, keep, new, show, bounded] = self.gates()?;
                let of_show = ((hidden_state * bounded)? * sigmoid_slope(show)?)?;
                let mut of_hidden = ((hidden_state * show)? * tanh_slope(bounded)?)?;
                if let Some(later) = cell_state {
                    of_hidden = (of_hidden + later)?;
                }
                let of_take = ((&of_hidden * new)? * sigmoid_slope(take)?)?;
                let of_keep = ((&of_hidden * self.before.cell_state()?)? * sigmoid_slope(keep)?)?;
                let of_new = ((&of_hidden * take)? * tanh_slope(new)?)?;
                let sums = Tensor::cat(&[&of_take, &of_keep, &of_new, &of_show], 2)?;
                Ok(StepSlopes {
                    cell_state: Some((of_hidden * keep)?),
                    ..plain_slopes(sums.contiguous()?)
                })
            }
        }
    }
}

/// The slopes of a step whose sums are added before anything else.
fn plain_slopes(sums: Tensor) -> StepSlopes {
    StepSlopes {
        inputs: sums.clone(),
        own: sums,
        hidden_state: None,
        cell_state: None,
    }
}
