//! Recurrent networks.
//!
//! A sequence of many steps as a graph of tensors would be so deep that walking it overflows the
//! stack. So the steps of one network along one direction are one operator, whose gradient walks
//! back through the steps: at each, candle differentiates the gates alone.

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp3, D, Layout, MetalStorage, Result, Shape, Storage, Tensor,
    Var,
};

use super::super::activation::activate;
use super::super::affine::affine;
use super::super::language::Activation;
use super::super::sequence::{Cell, Returns};
use super::blueprint::Recurrence;
use super::flow::{Flow, without_bias};

impl Flow<'_> {
    /// (seeds, rows, length, width), or the last states (seeds, rows, width), of
    /// (seeds, rows, length, in).
    pub(super) fn recurrent(&self, recurrence: &Recurrence, values: &Tensor) -> Result<Tensor> {
        // Step after step, so that the rows of a step stand together.
        let mut steps = values.transpose(1, 2)?.contiguous()?;
        let length = steps.dim(1)?;
        let mut ends = Vec::new();
        for layer in &recurrence.layers {
            let mut states = Vec::new();
            ends.clear();
            for (direction, [inputs, state]) in layer.iter().enumerate() {
                let (seeds, _, rows, width) = steps.dims4()?;
                let sums = self.affine(*inputs, &steps.reshape((seeds, length * rows, width))?)?;
                let weight = self.parameter(state.weight);
                let columns = weight.dim(2)?;
                let bias = match state.bias {
                    Some(bias) => self.parameter(bias),
                    None => Tensor::zeros((seeds, 1, columns), weight.dtype(), weight.device())?,
                };
                let sums = sums.reshape((seeds, length, rows, columns))?;
                let (order, last): (Vec<usize>, usize) = match direction {
                    0 => ((0..length).collect(), length - 1),
                    _ => ((0..length).rev().collect(), 0),
                };
                let walked = walk(recurrence.cell, order, &sums, &weight, &bias)?;
                ends.push(walked.narrow(1, last, 1)?.squeeze(1)?.contiguous()?);
                states.push(walked);
            }
            steps = Tensor::cat(&states, 3)?.contiguous()?;
        }
        match recurrence.returns {
            Returns::Last => Tensor::cat(&ends, 2)?.contiguous(),
            Returns::Sequence => steps.transpose(1, 2)?.contiguous(),
        }
    }
}

/// The states (seeds, length, rows, units) after the steps, of their sums of inputs
/// (seeds, length, rows, gates · units), gone in this order.
pub(super) fn walk(
    cell: Cell,
    order: Vec<usize>,
    sums: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
) -> Result<Tensor> {
    let (seeds, _, rows, columns) = sums.dims4()?;
    let units = columns / cell.gates();
    let (flat, fixed) = (weight.detach(), bias.detach());
    let mut state = State::zero((seeds, rows, units), cell, weight)?;
    let mut before = Vec::with_capacity(order.len());
    let mut own_sums = Vec::with_capacity(order.len());
    let mut after = vec![state.shown.clone(); order.len()];
    for &step in &order {
        let own = affine(&state.shown, &flat, &fixed)?;
        let next = advance(cell, &at(&sums.detach(), step)?, &own, &state)?;
        after[step] = next.shown.clone();
        before.push(std::mem::replace(&mut state, next));
        own_sums.push(own);
    }
    let walk = Walk {
        cell,
        order,
        before,
        own_sums,
        states: Tensor::stack(&after, 1)?.contiguous()?,
    };
    sums.contiguous()?.apply_op3(weight, bias, walk)
}

/// What a step knows of the past: numbers (seeds, rows, units).
#[derive(Clone)]
struct State {
    /// h.
    shown: Tensor,
    /// c of a long short-term memory.
    hidden: Option<Tensor>,
}

impl State {
    fn zero(shape: (usize, usize, usize), cell: Cell, like: &Tensor) -> Result<Self> {
        let shown = Tensor::zeros(shape, like.dtype(), like.device())?;
        let hidden = (cell == Cell::Lstm).then(|| shown.clone());
        Ok(Self { shown, hidden })
    }
}

/// The numbers of a step of (seeds, length, …).
fn at(steps: &Tensor, step: usize) -> Result<Tensor> {
    steps.narrow(1, step, 1)?.squeeze(1)?.contiguous()
}

/// One step, from the sums of the inputs and of the state (seeds, rows, gates · units).
fn advance(cell: Cell, inputs: &Tensor, own: &Tensor, state: &State) -> Result<State> {
    let units = state.shown.dim(D::Minus1)?;
    let gate = |sums: &Tensor, index: usize| sums.narrow(D::Minus1, index * units, units);
    let logistic = |sums: Tensor| candle_nn::ops::sigmoid(&sums.contiguous()?);
    let plain = |shown: Tensor| {
        Ok(State {
            shown,
            hidden: None,
        })
    };
    match cell {
        Cell::Tanh => plain((inputs + own)?.tanh()?),
        Cell::Relu => plain(activate(Activation::Relu, &(inputs + own)?)?),
        Cell::Gru => {
            let both = |index| gate(inputs, index)? + gate(own, index)?;
            let (reset, keep) = (logistic(both(0)?)?, logistic(both(1)?)?);
            let new = (gate(inputs, 2)? + (reset * gate(own, 2)?)?)?.tanh()?;
            plain((&new + (keep * (&state.shown - &new)?)?)?)
        }
        Cell::Lstm => {
            let sums = (inputs + own)?;
            let [take, keep, show] = [0, 1, 3].map(|index| logistic(gate(&sums, index)?));
            let new = gate(&sums, 2)?.tanh()?;
            let Some(hidden) = &state.hidden else {
                candle_core::bail!("a long short-term memory without its state");
            };
            let hidden = ((keep? * hidden)? + (take? * new)?)?;
            Ok(State {
                shown: (show? * hidden.tanh()?)?,
                hidden: Some(hidden),
            })
        }
    }
}

/// The steps that were gone, as an operator of the sums of the inputs, the weights of the state and
/// their biases.
struct Walk {
    cell: Cell,
    order: Vec<usize>,
    /// The state before each step and its sums, in the order gone.
    before: Vec<State>,
    own_sums: Vec<Tensor>,
    /// The states after the steps.
    states: Tensor,
}

impl Walk {
    /// The states' numbers for the graph.
    fn result<S>(&self, of: impl Fn(&Storage, &Layout) -> Option<Result<S>>) -> Result<(S, Shape)> {
        let (storage, layout) = self.states.storage_and_layout();
        match of(&storage, layout) {
            Some(copied) => Ok((copied?, self.states.shape().clone())),
            None => candle_core::bail!("a recurrent network on two devices"),
        }
    }
}

impl CustomOp3 for Walk {
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
        sums: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _states: &Tensor,
        slopes: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let back = weight.detach().transpose(1, 2)?.contiguous()?;
        // The slopes of what comes from later steps.
        let mut shown: Option<Tensor> = None;
        let mut hidden: Option<Tensor> = None;
        let mut of_inputs = vec![None; self.order.len()];
        let mut of_own = Vec::with_capacity(self.order.len());
        for (index, &step) in self.order.iter().enumerate().rev() {
            let mut slope = at(slopes, step)?;
            if let Some(later) = &shown {
                slope = (slope + later)?;
            }
            let inputs = at(&sums.detach(), step)?;
            let found = self.slopes_of_step(index, &inputs, &slope, hidden.as_ref())?;
            let through = without_bias(&found.own, &back)?;
            shown = Some(match found.shown {
                Some(direct) => (direct + through)?,
                None => through,
            });
            hidden = found.hidden;
            of_inputs[step] = Some(found.inputs);
            of_own.push(found.own);
        }
        of_own.reverse();
        let of_inputs: Vec<Tensor> = of_inputs.into_iter().flatten().collect();
        let before: Vec<&Tensor> = self.before.iter().map(|state| &state.shown).collect();
        let (before, of_own) = (Tensor::cat(&before, 1)?, Tensor::cat(&of_own, 1)?);
        let of_weight = without_bias(&before.transpose(1, 2)?.contiguous()?, &of_own)?;
        Ok((
            Some(Tensor::stack(&of_inputs, 1)?),
            Some(of_weight),
            Some(of_own.sum_keepdim(1)?),
        ))
    }
}

/// The slopes of the numbers that go into a step.
struct StepSlopes {
    inputs: Tensor,
    own: Tensor,
    /// Of the state before, besides its way through the sums; a plain cell has no other way.
    shown: Option<Tensor>,
    hidden: Option<Tensor>,
}

impl Walk {
    fn slopes_of_step(
        &self,
        index: usize,
        inputs: &Tensor,
        shown: &Tensor,
        hidden: Option<&Tensor>,
    ) -> Result<StepSlopes> {
        let variable = |tensor: &Tensor| Var::from_tensor(&tensor.detach());
        let (inputs, own) = (variable(inputs)?, variable(&self.own_sums[index])?);
        let past = &self.before[index];
        let before = variable(&past.shown)?;
        let before_hidden = past.hidden.as_ref().map(variable).transpose()?;
        let state = State {
            shown: before.as_tensor().clone(),
            hidden: before_hidden.as_ref().map(|h| h.as_tensor().clone()),
        };
        let after = advance(self.cell, &inputs, &own, &state)?;
        let mut all = (&after.shown * shown)?.sum_all()?;
        if let (Some(now), Some(later)) = (&after.hidden, hidden) {
            all = (all + (now * later)?.sum_all()?)?;
        }
        let mut slopes = all.backward()?;
        let mut required = |variable: &Var| {
            let missing = || candle_core::Error::Msg("a step without slopes".to_owned());
            slopes.remove(variable).ok_or_else(missing)
        };
        let (of_inputs, of_own) = (required(&inputs)?, required(&own)?);
        Ok(StepSlopes {
            inputs: of_inputs,
            own: of_own,
            shown: slopes.remove(&before),
            hidden: before_hidden.and_then(|hidden| slopes.remove(&hidden)),
        })
    }
}
