//! The optimisers.

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor};

use crate::error::RecipeError;
use crate::nn::init::Initialiser;
use crate::nn::parameter::{Parameter, ParameterRole};
use crate::random::{Purpose, Stream};
use crate::spec::initial::Distribution;
use crate::spec::training::{
    Clipping, Decay, LearningRateSchedule, Momentum, Optimiser, RpropVariant, Training,
};
use crate::train::fused;

/// The optimiser with its state.
pub(crate) struct Update {
    optimiser: Optimiser,
    clipping: Clipping,
    /// The optimiser's state of each parameter.
    state: Vec<Vec<Tensor>>,
    /// The number of updates made.
    count: i32,
}

impl Update {
    pub(crate) fn new(
        training: &Training,
        parameters: &[Parameter],
        seeds: &[u64],
    ) -> Result<Self> {
        let optimiser = training.optimiser;
        let state = trained(parameters).map(|parameter| {
            let zeros = |count: usize| {
                let zeros = std::iter::repeat_with(|| parameter.variable.zeros_like());
                zeros.take(count).collect::<Result<Vec<Tensor>>>()
            };
            let count = optimiser.state_tensors();
            match optimiser {
                Optimiser::Sgd { .. } | Optimiser::Adam { .. } | Optimiser::RmsProp { .. } => {
                    zeros(count)
                }
                Optimiser::Rprop { first, .. } => {
                    let mut state = vec![first_steps(first, parameter, seeds)?];
                    state.extend(zeros(count - 1)?);
                    Ok(state)
                }
            }
        });
        Ok(Self {
            optimiser,
            clipping: training.clipping,
            state: state.collect::<Result<_>>()?,
            count: 0,
        })
    }

    /// Moves the parameters; `factor` is the schedule's factor of the learning rate.
    pub(crate) fn apply(
        &mut self,
        parameters: &[Parameter],
        gradients: &GradStore,
        factor: f64,
    ) -> std::result::Result<(), RecipeError> {
        self.count = self.count.saturating_add(1);
        let gradients = trained(parameters).map(|Parameter { name, variable, .. }| {
            // A parameter without gradient would silently stay as it began.
            let missing = || candle_core::Error::Msg(format!("`{name}` has no gradient"));
            gradients.get(variable).cloned().ok_or_else(missing)
        });
        let gradients = clipped(self.clipping, gradients.collect::<Result<_>>()?)?;
        let steps = trained(parameters).zip(gradients).zip(&mut self.state);
        for ((Parameter { variable, .. }, gradient), state) in steps {
            let rule = Rule {
                weights: variable.as_tensor(),
                gradient,
                state,
                factor,
                count: self.count,
            };
            if variable.device().is_cpu() && has_fused_step(self.optimiser) {
                rule.move_in_place(self.optimiser)?;
            } else {
                variable.set(&rule.moved(self.optimiser)?)?;
            }
        }
        Ok(())
    }
}

/// The parameters that are no frozen ones.
fn trained(parameters: &[Parameter]) -> impl Iterator<Item = &Parameter> {
    let parameters = parameters.iter();
    parameters.filter(|parameter| parameter.role == ParameterRole::Trained)
}

/// Steps drawn for each number, from a stream of each seed and parameter.
fn first_steps((low, high): (f64, f64), parameter: &Parameter, seeds: &[u64]) -> Result<Tensor> {
    let variable = &parameter.variable;
    let count = variable.elem_count() / seeds.len();
    let mut steps = Vec::with_capacity(variable.elem_count());
    for &seed in seeds {
        let mut stream = Stream::new(seed, Purpose::FirstStep, &parameter.name);
        let draw = Initialiser {
            distribution: Distribution::Uniform { low, high },
            fan_in: 1,
            fan_out: 1,
        };
        steps.extend(std::iter::repeat_with(|| draw.value(&mut stream)).take(count));
    }
    let steps = Tensor::from_vec(steps, variable.shape(), &Device::Cpu)?;
    steps
        .to_dtype(variable.dtype())?
        .to_device(variable.device())
}

fn clipped(clipping: Clipping, gradients: Vec<Tensor>) -> Result<Vec<Tensor>> {
    match clipping {
        Clipping::None => Ok(gradients),
        Clipping::Value(bound) => {
            let gradients = gradients.iter();
            gradients
                .map(|gradient| gradient.clamp(-bound, bound))
                .collect()
        }
        Clipping::Norm(bound) => {
            // One norm for each seed, summed in the order of the parameters.
            let mut squares: Option<Tensor> = None;
            for gradient in &gradients {
                let own = gradient
                    .flatten_from(1)?
                    .sqr()?
                    .sum_keepdim(1)?
                    .unsqueeze(2)?;
                squares = Some(match squares {
                    Some(sum) => (sum + own)?,
                    None => own,
                });
            }
            let Some(squares) = squares else {
                return Ok(gradients);
            };
            let factor = ((squares.sqrt()? + 1e-6)?.recip()? * bound)?.minimum(1.0)?;
            let gradients = gradients.iter();
            gradients
                .map(|gradient| gradient.broadcast_mul(&factor))
                .collect()
        }
    }
}

/// Whether [`Rule::move_in_place`] knows the rule.
fn has_fused_step(optimiser: Optimiser) -> bool {
    !matches!(optimiser, Optimiser::Rprop { .. })
}

/// The arguments of a rule for one parameter.
struct Rule<'u> {
    weights: &'u Tensor,
    gradient: Tensor,
    state: &'u mut Vec<Tensor>,
    factor: f64,
    count: i32,
}

impl Rule<'_> {
    /// The step of [`Self::moved`] with the same bits, on the processor and without new tensors.
    fn move_in_place(mut self, optimiser: Optimiser) -> Result<()> {
        let (rate, decay) = match optimiser {
            Optimiser::Sgd {
                learning_rate,
                weight_decay,
                ..
            }
            | Optimiser::RmsProp {
                learning_rate,
                weight_decay,
                ..
            } => (learning_rate, weight_decay),
            Optimiser::Adam {
                learning_rate,
                decay: Decay::Gradient(decay),
                ..
            } => (learning_rate, decay),
            Optimiser::Adam { learning_rate, .. } => (learning_rate, 0.0),
            Optimiser::Rprop { .. } => candle_core::bail!("RPROP has no step in place"),
        };
        self.add_decay(decay)?;
        let step = fused::FusedStep {
            weights: self.weights,
            gradient: &self.gradient.contiguous()?,
            state: self.state,
            rate: rate * self.factor,
        };
        match optimiser {
            Optimiser::Sgd { momentum, kind, .. } => match kind {
                Momentum::Classic => step.descend(momentum),
                Momentum::Nesterov => step.nesterov(momentum),
            },
            Optimiser::Adam {
                betas,
                epsilon,
                decay,
                ..
            } => {
                let kept = match decay {
                    Decay::Weights(decay) => 1.0 - step.rate * decay,
                    Decay::Gradient(_) => 1.0,
                };
                step.adam(betas, epsilon, kept, self.count)
            }
            Optimiser::RmsProp {
                alpha,
                epsilon,
                momentum,
                ..
            } => step.rms_prop(alpha, epsilon, momentum),
            Optimiser::Rprop { .. } => Ok(()),
        }
    }

    /// The weights after the step.
    fn moved(mut self, optimiser: Optimiser) -> Result<Tensor> {
        match optimiser {
            Optimiser::Sgd {
                learning_rate,
                momentum,
                kind,
                weight_decay,
            } => {
                self.add_decay(weight_decay)?;
                let direction = match self.state.first_mut() {
                    Some(velocity) => {
                        *velocity = ((&*velocity * momentum)? + &self.gradient)?;
                        match kind {
                            Momentum::Classic => velocity.clone(),
                            Momentum::Nesterov => (&self.gradient + (&*velocity * momentum)?)?,
                        }
                    }
                    None => self.gradient,
                };
                self.weights - (direction * (learning_rate * self.factor))?
            }
            Optimiser::Adam {
                learning_rate,
                betas,
                epsilon,
                decay,
            } => {
                let rate = learning_rate * self.factor;
                self.adam(rate, betas, epsilon, decay)
            }
            Optimiser::RmsProp {
                learning_rate,
                alpha,
                epsilon,
                momentum,
                weight_decay,
            } => {
                self.add_decay(weight_decay)?;
                let square = running(&self.state[0], alpha, &self.gradient.sqr()?)?;
                let mut direction = (&self.gradient / (square.sqrt()? + epsilon)?)?;
                self.state[0] = square;
                if let Some(buffer) = self.state.get_mut(1) {
                    *buffer = ((&*buffer * momentum)? + direction)?;
                    direction = buffer.clone();
                }
                self.weights - (direction * (learning_rate * self.factor))?
            }
            Optimiser::Rprop { .. } => self.rprop(optimiser),
        }
    }

    fn add_decay(&mut self, decay: f64) -> Result<()> {
        if decay > 0.0 {
            self.gradient = (&self.gradient + (self.weights * decay)?)?;
        }
        Ok(())
    }

    fn adam(mut self, rate: f64, betas: (f64, f64), epsilon: f64, decay: Decay) -> Result<Tensor> {
        let weights = match decay {
            Decay::Weights(decay) if decay > 0.0 => (self.weights * (1.0 - rate * decay))?,
            Decay::Weights(_) | Decay::Gradient(_) => self.weights.clone(),
        };
        if let Decay::Gradient(decay) = decay {
            self.add_decay(decay)?;
        }
        let mean = running(&self.state[0], betas.0, &self.gradient)?;
        let square = running(&self.state[1], betas.1, &self.gradient.sqr()?)?;
        // The first updates have seen too few gradients for means that begin at 0.
        let missing = |beta: f64| 1.0 - beta.powi(self.count);
        let root = ((square.sqrt()? * (1.0 / missing(betas.1).sqrt()))? + epsilon)?;
        let step = ((&mean / root)? * (rate / missing(betas.0)))?;
        self.state[0] = mean;
        self.state[1] = square;
        weights - step
    }

    /// The state is: the steps' sizes, the signs of the last gradients, the last moves.
    fn rprop(self, optimiser: Optimiser) -> Result<Tensor> {
        let Optimiser::Rprop {
            variant,
            up,
            down,
            least,
            most,
            ..
        } = optimiser
        else {
            candle_core::bail!("not RPROP");
        };
        let [sizes, last, moves] = self.state.as_slice() else {
            candle_core::bail!("RPROP without state");
        };
        // Products of signs: products of small gradients would vanish.
        let sign = self.gradient.sign()?;
        let agreement = (&sign * last)?;
        let (kept, turned) = (agreement.gt(0.0)?, agreement.lt(0.0)?);
        let grown = (sizes * up)?.minimum(most)?;
        let shrunken = (sizes * down)?.maximum(least)?;
        let sizes = turned.where_cond(&shrunken, &kept.where_cond(&grown, sizes)?)?;
        let step = (&sizes * &sign)?.neg()?;
        let nothing = step.zeros_like()?;
        let (step, sign) = match variant {
            RpropVariant::Plain => (step, sign),
            RpropVariant::Waiting => (
                turned.where_cond(&nothing, &step)?,
                turned.where_cond(&nothing, &sign)?,
            ),
            RpropVariant::Backtracking => (
                turned.where_cond(&moves.neg()?, &step)?,
                turned.where_cond(&nothing, &sign)?,
            ),
        };
        let moved = self.weights + &step;
        *self.state = vec![sizes, sign, step];
        moved
    }
}

/// share · old + (1 - share) · new.
fn running(old: &Tensor, share: f64, new: &Tensor) -> Result<Tensor> {
    (old * share)? + (new * (1.0 - share))?
}

/// The factor of the learning rate for an update (from 1) after so many finished epochs.
pub(crate) fn rate_factor(
    training: &Training,
    update: usize,
    finished: usize,
    epochs: usize,
) -> f64 {
    let scheduled = match &training.schedule {
        LearningRateSchedule::Constant => 1.0,
        LearningRateSchedule::Step { every, factor } => factor.powf((finished / every) as f64),
        LearningRateSchedule::Milestones { epochs, factor } => {
            let passed = epochs.iter().filter(|&&epoch| epoch <= finished).count();
            factor.powf(passed as f64)
        }
        LearningRateSchedule::Cosine { floor } => {
            let angle = std::f64::consts::PI * finished as f64 / epochs as f64;
            floor + (1.0 - floor) * (1.0 + angle.cos()) / 2.0
        }
    };
    let warmth = update as f64 / (training.warm_up as f64 + 1.0);
    scheduled * warmth.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::training::{BatchOrder, BatchSize, Length, MeasuredEpoch, Stopping};
    use candle_core::Var;

    fn training(optimiser: Optimiser) -> Training {
        Training {
            optimiser,
            schedule: LearningRateSchedule::Constant,
            warm_up: 0,
            clipping: Clipping::None,
            batch: BatchSize::Full,
            order: BatchOrder::Fixed,
            length: Length::Epochs(10),
            stopping: Stopping::Never,
            measured: MeasuredEpoch::Last,
        }
    }

    /// Weights of two seeds, and a loss with the gradient `slopes` · (w - 1) for each.
    fn walk(training: &Training, updates: usize, factor: f64) -> Vec<f64> {
        let start = Tensor::new(&[[[0.5_f64, -2.0]], [[3.0, 1.5]]], &Device::Cpu).unwrap();
        let slopes = Tensor::new(&[[[1.0_f64, 3.0]], [[0.5, 30.0]]], &Device::Cpu).unwrap();
        let parameters = [Parameter {
            name: "w".into(),
            variable: Var::from_tensor(&start).unwrap(),
            role: ParameterRole::Trained,
        }];
        let variable = &parameters[0].variable;
        let mut update = Update::new(training, &parameters, &[1, 2]).unwrap();
        for _ in 0..updates {
            let errors = (variable.as_tensor() - 1.0).unwrap();
            let loss = ((errors.sqr().unwrap() * &slopes).unwrap() * 0.5).unwrap();
            let gradients = loss.sum_all().unwrap().backward().unwrap();
            update.apply(&parameters, &gradients, factor).unwrap();
        }
        variable.flatten_all().unwrap().to_vec1().unwrap()
    }

    /// The same walk with one number at a time and a rule written out by hand.
    fn by_hand(updates: usize, mut rule: impl FnMut(usize, i32, f64, &mut f64)) -> Vec<f64> {
        let mut weights = [0.5, -2.0, 3.0, 1.5];
        for count in 1..=updates {
            for (index, slope) in [1.0, 3.0, 0.5, 30.0].into_iter().enumerate() {
                let weight = &mut weights[index];
                rule(index, count as i32, slope * (*weight - 1.0), weight);
            }
        }
        weights.to_vec()
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn sgd_follows_its_rule() {
        for kind in [Momentum::Classic, Momentum::Nesterov] {
            let sgd = Optimiser::Sgd {
                learning_rate: 0.02,
                momentum: 0.9,
                kind,
                weight_decay: 0.1,
            };
            let mut v = [0.0; 4];
            let expected = by_hand(7, |i, _, g, w| {
                let g = g + 0.1 * *w;
                v[i] = 0.9 * v[i] + g;
                *w -= 0.01
                    * if kind == Momentum::Classic {
                        v[i]
                    } else {
                        g + 0.9 * v[i]
                    };
            });
            assert_close(&walk(&training(sgd), 7, 0.5), &expected);
        }
    }

    /// Optimisers that between them go through every step in place.
    fn fused_optimisers() -> Vec<Optimiser> {
        let mut found = Vec::new();
        for (momentum, weight_decay) in [(0.0, 0.1), (0.9, 0.0), (0.8, 0.2)] {
            for kind in [Momentum::Classic, Momentum::Nesterov] {
                found.push(Optimiser::Sgd {
                    learning_rate: 0.02,
                    momentum,
                    kind,
                    weight_decay,
                });
            }
            found.push(Optimiser::RmsProp {
                learning_rate: 0.02,
                alpha: 0.9,
                epsilon: 1e-3,
                momentum,
                weight_decay,
            });
        }
        for decay in [
            Decay::Gradient(0.0),
            Decay::Gradient(0.1),
            Decay::Weights(0.1),
        ] {
            found.push(Optimiser::Adam {
                learning_rate: 0.02,
                betas: (0.9, 0.999),
                epsilon: 1e-8,
                decay,
            });
        }
        found
    }

    #[test]
    fn a_step_in_place_has_the_bits_of_the_rule() {
        for optimiser in fused_optimisers() {
            let start = Tensor::rand(-1_f32, 1.0, (2, 5, 7), &Device::Cpu).unwrap();
            let parameters = [Parameter {
                name: "w".into(),
                variable: Var::from_tensor(&start).unwrap(),
                role: ParameterRole::Trained,
            }];
            let variable = &parameters[0].variable;
            let mut in_place = Update::new(&training(optimiser), &parameters, &[1, 2])
                .unwrap()
                .state;
            let mut weights = start;
            let mut state = in_place[0].iter().map(|m| m.copy().unwrap()).collect();
            for count in 1..=5 {
                let gradient = Tensor::rand(-1_f32, 1.0, (2, 5, 7), &Device::Cpu).unwrap();
                let rule = Rule {
                    weights: &weights,
                    gradient: gradient.clone(),
                    state: &mut state,
                    factor: 0.7,
                    count,
                };
                weights = rule.moved(optimiser).unwrap();
                let rule = Rule {
                    weights: variable.as_tensor(),
                    gradient,
                    state: &mut in_place[0],
                    factor: 0.7,
                    count,
                };
                rule.move_in_place(optimiser).unwrap();
                let bits = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>();
                let (own, expected) = (bits(variable), bits(&weights));
                assert_eq!(own.unwrap(), expected.unwrap(), "{optimiser:?} {count}");
            }
        }
    }

    #[test]
    fn adam_follows_its_rule() {
        for decay in [Decay::Gradient(0.1), Decay::Weights(0.1)] {
            let adam = Optimiser::Adam {
                learning_rate: 0.1,
                betas: (0.9, 0.99),
                epsilon: 1e-3,
                decay,
            };
            let (mut m, mut v) = ([0.0; 4], [0.0; 4]);
            let expected = by_hand(9, |i, n, g, w| {
                let mut g = g;
                match decay {
                    Decay::Gradient(_) => g += 0.1 * *w,
                    Decay::Weights(_) => *w -= 0.1 * 0.1 * *w,
                }
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.99 * v[i] + 0.01 * g * g;
                let (mean, square): (f64, f64) = (
                    m[i] / (1.0 - 0.9f64.powi(n)),
                    v[i] / (1.0 - 0.99f64.powi(n)),
                );
                *w -= 0.1 * mean / (square.sqrt() + 1e-3);
            });
            assert_close(&walk(&training(adam), 9, 1.0), &expected);
        }
    }

    #[test]
    fn rmsprop_follows_its_rule() {
        for momentum in [0.0, 0.8] {
            let rms = Optimiser::RmsProp {
                learning_rate: 0.01,
                alpha: 0.9,
                epsilon: 1e-3,
                momentum,
                weight_decay: 0.2,
            };
            let (mut v, mut b) = ([0.0f64; 4], [0.0; 4]);
            let expected = by_hand(9, |i, _, g, w| {
                let g = g + 0.2 * *w;
                v[i] = 0.9 * v[i] + 0.1 * g * g;
                b[i] = momentum * b[i] + g / (v[i].sqrt() + 1e-3);
                *w -= 0.01 * b[i];
            });
            assert_close(&walk(&training(rms), 9, 1.0), &expected);
        }
    }

    #[test]
    fn rprop_follows_its_rule_in_each_variant() {
        use RpropVariant::{Backtracking, Plain, Waiting};
        for variant in [Backtracking, Waiting, Plain] {
            let rprop = Optimiser::Rprop {
                variant,
                first: (0.3, 0.3),
                up: 1.2,
                down: 0.5,
                least: 0.0,
                most: 0.6,
            };
            let (mut size, mut last, mut step) = ([0.3f64; 4], [0.0f64; 4], [0.0; 4]);
            let mut turns = 0;
            let expected = by_hand(25, |i, _, g, w| {
                let sign = if g == 0.0 { 0.0 } else { g.signum() };
                let turned = sign * last[i] < 0.0;
                if sign * last[i] > 0.0 {
                    size[i] = (size[i] * 1.2).min(0.6);
                } else if turned {
                    size[i] *= 0.5;
                    turns += 1;
                }
                last[i] = sign;
                match variant {
                    Backtracking if turned => {
                        *w -= step[i];
                        last[i] = 0.0;
                        return;
                    }
                    Waiting if turned => {
                        last[i] = 0.0;
                        return;
                    }
                    _ => {}
                }
                step[i] = -sign * size[i];
                *w += step[i];
            });
            assert!(turns > 10, "{turns}");
            assert_close(&walk(&training(rprop), 25, 1.0), &expected);
        }
    }

    #[test]
    fn first_steps_of_rprop_lie_between_their_bounds_and_differ() {
        let parameter = Parameter {
            name: "w".into(),
            variable: Var::zeros((2, 10, 10), candle_core::DType::F64, &Device::Cpu).unwrap(),
            role: ParameterRole::Trained,
        };
        let steps = first_steps((0.005, 0.02), &parameter, &[1, 2]).unwrap();
        let steps = steps.flatten_from(1).unwrap().to_vec2::<f64>().unwrap();
        assert_ne!(steps[0], steps[1]);
        assert!(
            steps
                .iter()
                .flatten()
                .all(|step| (0.005..0.02).contains(step))
        );
    }

    #[test]
    fn clipping_bounds_each_seed_by_itself() {
        let gradient = || {
            let values = Tensor::new(&[[[3.0_f64, -4.0]], [[0.3, 0.4]]], &Device::Cpu).unwrap();
            vec![values]
        };
        let numbers = |clipping| {
            let clipped = clipped(clipping, gradient()).unwrap();
            clipped[0].flatten_all().unwrap().to_vec1::<f64>().unwrap()
        };
        assert_eq!(numbers(Clipping::Value(1.0)), [1.0, -1.0, 0.3, 0.4]);
        let factor = 1.0 / (5.0 + 1e-6);
        assert_close(
            &numbers(Clipping::Norm(1.0)),
            &[3.0 * factor, -4.0 * factor, 0.3, 0.4],
        );
    }

    #[test]
    fn rates_follow_their_schedule() {
        let sgd = Optimiser::Sgd {
            learning_rate: 1.0,
            momentum: 0.0,
            kind: Momentum::Classic,
            weight_decay: 0.0,
        };
        let factors = |schedule: LearningRateSchedule, warm_up: usize| {
            let training = Training {
                schedule,
                warm_up,
                ..training(sgd)
            };
            // Two updates an epoch, four epochs.
            let factor = |n: usize| rate_factor(&training, n, (n - 1) / 2, 4);
            (1..=8).map(factor).collect::<Vec<f64>>()
        };
        let step = LearningRateSchedule::Step {
            every: 2,
            factor: 0.5,
        };
        assert_eq!(factors(step, 0), [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]);
        let stones = LearningRateSchedule::Milestones {
            epochs: vec![1, 3],
            factor: 0.5,
        };
        assert_eq!(
            factors(stones, 0),
            [1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
        );
        assert_eq!(
            factors(LearningRateSchedule::Constant, 3)[..5],
            [0.25, 0.5, 0.75, 1.0, 1.0]
        );
        let cosine = factors(LearningRateSchedule::Cosine { floor: 0.0 }, 0);
        let half = 0.5 * (1.0 + 0.5f64.sqrt());
        assert_close(
            &cosine,
            &[1.0, 1.0, half, half, 0.5, 0.5, 1.0 - half, 1.0 - half],
        );
    }
}
