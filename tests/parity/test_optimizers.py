"""Optimizers, schedules, regularizers, constraints and gradient clipping beside Keras' and PyTorch's."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

import nnlite as nl
from tests.conformance import SCHEDULES, ScheduleRow
from tests.parity.harness import check, compare_function, compare_layer, drawn

STEPS = 20
SHAPES = [(3, 2), (4,)]
GENERATOR = np.random.default_rng(8)
STARTS = [GENERATOR.normal(size=shape) for shape in SHAPES]
NOISE = [[GENERATOR.normal(size=shape) for shape in SHAPES] for _ in range(STEPS)]

rates = st.floats(1e-3, 0.3)
betas = st.floats(0.05, 0.98)
epsilons = st.floats(1e-8, 1e-2)
decays = st.sampled_from([None, 0.0, 0.1, 0.5])
clips = st.sampled_from([{}, {"clipnorm": 1.0}, {"clipvalue": 0.3}, {"global_clipnorm": 1.5}])


def slope(w: NDArray[Any], noise: NDArray[Any]) -> NDArray[Any]:
    """The gradient of a bowl, and noise: signs turn, sizes differ."""
    return 1.5 * (w - 0.2) + 0.5 * noise


def places(optimizer: Any, parameters: list[nl.Parameter]) -> list[list[NDArray[Any]]]:
    """Where nnlite's optimizer goes."""
    found = []
    for noise in NOISE:
        for p, n in zip(parameters, noise, strict=True):
            p.grad = slope(p.data, n)
        optimizer.step()
        found.append([p.data.copy() for p in parameters])
    return found


def their_places(optimizer: Any) -> list[list[NDArray[Any]]]:
    """Where Keras' optimizer goes."""
    import keras

    variables = [keras.Variable(start, dtype="float64", name=f"w{i}") for i, start in enumerate(STARTS)]
    found = []
    for noise in NOISE:
        slopes = [slope(np.asarray(v.value), n) for v, n in zip(variables, noise, strict=True)]
        optimizer.apply([keras.ops.convert_to_tensor(g, "float64") for g in slopes], variables)
        found.append([np.array(v.value) for v in variables])
    return found


def torch_places(make: Any, starts: Any = STARTS) -> list[list[NDArray[Any]]]:
    """Where PyTorch's optimizer goes."""
    import torch

    parameters = [torch.nn.Parameter(torch.tensor(start)) for start in starts]
    optimizer = make(parameters)
    found = []
    for noise in NOISE:
        for p, n in zip(parameters, noise, strict=True):
            p.grad = torch.tensor(slope(p.detach().numpy(), n))
        optimizer.step()
        found.append([p.detach().numpy().copy() for p in parameters])
    return found


def compare_paths(subject: str, peer: str, ours: Any, theirs: Any, tolerance: float = 1e-7) -> None:
    """Compare where two optimizers were after each step."""
    for step, (mine, others) in enumerate(zip(ours, theirs, strict=True), 1):
        for a, b in zip(mine, others, strict=True):
            check(subject, peer, a, b, tolerance, what=f"after step {step}")


KERAS: dict[str, Any] = {
    "SGD": st.fixed_dictionaries({"momentum": st.sampled_from([0.0, 0.5, 0.9]), "nesterov": st.booleans()}),
    "Adagrad": st.fixed_dictionaries({"initial_accumulator_value": st.floats(0, 1), "epsilon": epsilons}),
    "Adadelta": st.fixed_dictionaries({"rho": betas, "epsilon": epsilons}),
    "RMSprop": st.fixed_dictionaries(
        {"rho": betas, "momentum": st.sampled_from([0.0, 0.7]), "epsilon": epsilons, "centered": st.booleans()}
    ),
    "Adam": st.fixed_dictionaries({"beta_1": betas, "beta_2": betas, "epsilon": epsilons, "amsgrad": st.booleans()}),
    "AdamW": st.fixed_dictionaries({"beta_1": betas, "beta_2": betas, "amsgrad": st.booleans()}),
    "Adamax": st.fixed_dictionaries({"beta_1": betas, "beta_2": betas, "epsilon": epsilons}),
    "Nadam": st.fixed_dictionaries({"beta_1": betas, "beta_2": betas, "epsilon": epsilons}),
    "Lion": st.fixed_dictionaries({"beta_1": betas, "beta_2": betas}),
}


@pytest.mark.parametrize("name", KERAS)
@drawn(st.data(), cases=4)
def test_optimizer_goes_where_that_of_keras_goes(name: str, data: st.DataObject) -> None:
    import keras

    settings = {"learning_rate": data.draw(rates), **data.draw(KERAS[name]), **data.draw(clips)}
    settings["weight_decay"] = data.draw(decays.filter(bool) if name == "AdamW" else decays)
    parameters = [nl.Parameter(start) for start in STARTS]
    ours = getattr(nl.optimizers, name)(parameters=parameters, **settings)
    theirs = getattr(keras.optimizers, name)(**settings)
    if data.draw(st.booleans()):
        ours.bind([("w0", parameters[0]), ("w1", parameters[1])])
        ours.exclude_from_weight_decay(var_names=["w1"])
        theirs.exclude_from_weight_decay(var_names=["w1"])
    compare_paths(f"optimizers.{name}", "keras", places(ours, parameters), their_places(theirs))


@pytest.mark.parametrize("name", KERAS)
def test_optimizer_has_the_arguments_and_defaults_of_keras(name: str) -> None:
    import keras

    ours = list(inspect.signature(getattr(nl.optimizers, name)).parameters.values())[:-1]
    theirs = list(inspect.signature(getattr(keras.optimizers, name).__init__).parameters.values())[1 : len(ours) + 1]
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


weights = st.fixed_dictionaries({"weight_decay": st.sampled_from([0.0, 0.1]), "maximize": st.booleans()})
pairs = st.tuples(betas, betas)
adams = {"betas": pairs, "eps": epsilons}
TORCH: dict[str, Any] = {
    "SGD": st.one_of(
        st.fixed_dictionaries({"momentum": st.sampled_from([0.0, 0.9]), "dampening": st.floats(0, 0.9)}),
        st.just({"momentum": 0.9, "nesterov": True}),
    ),
    "Adagrad": st.fixed_dictionaries(
        {"lr_decay": st.floats(0, 0.1), "initial_accumulator_value": st.floats(0, 1), "eps": epsilons}
    ),
    "Adadelta": st.fixed_dictionaries({"rho": betas, "eps": epsilons}),
    "RMSprop": st.fixed_dictionaries(
        {"alpha": betas, "eps": epsilons, "momentum": st.sampled_from([0.0, 0.7]), "centered": st.booleans()}
    ),
    "Adam": st.fixed_dictionaries({**adams, "amsgrad": st.booleans(), "decoupled_weight_decay": st.booleans()}),
    "AdamW": st.fixed_dictionaries({**adams, "amsgrad": st.booleans()}),
    "Adamax": st.fixed_dictionaries(adams),
    "NAdam": st.fixed_dictionaries(
        {**adams, "momentum_decay": st.floats(0, 1), "decoupled_weight_decay": st.booleans()}
    ),
    "RAdam": st.fixed_dictionaries({**adams, "decoupled_weight_decay": st.booleans()}),
    "Rprop": st.fixed_dictionaries(
        {
            "etas": st.tuples(st.floats(0.2, 0.8), st.floats(1.1, 2)),
            "step_sizes": st.sampled_from([(1e-6, 50), (1e-2, 0.3)]),
        }
    ),
}


@pytest.mark.parametrize("name", TORCH)
@drawn(st.data(), cases=15)
def test_optim_goes_where_that_of_pytorch_goes(name: str, data: st.DataObject) -> None:
    import torch

    settings, own_rate = {"lr": data.draw(rates), **data.draw(TORCH[name]), **data.draw(weights)}, data.draw(rates)
    if name == "Rprop":
        del settings["weight_decay"]

    def make(library: Any, parameters: Any) -> Any:
        groups = [{"params": parameters[:1]}, {"params": parameters[1:], "lr": own_rate}]
        return getattr(library, name)(groups, **settings)

    parameters = [nl.Parameter(start) for start in STARTS]
    ours, theirs = places(make(nl.optim, parameters), parameters), torch_places(lambda p: make(torch.optim, p))
    tolerance = 1e-6 if name == "NAdam" else 1e-7  # PyTorch keeps the product of momentums in float32
    compare_paths(f"optim.{name}", "torch", ours, theirs, tolerance)


@pytest.mark.parametrize("name", [*TORCH, "LBFGS"])
def test_optim_has_the_defaults_and_the_state_of_pytorch(name: str) -> None:
    import torch

    left_out = {"foreach", "differentiable", "fused", "capturable"}
    ours = {k: p.default for k, p in inspect.signature(getattr(nl.optim, name)).parameters.items()}
    theirs = {k: p.default for k, p in inspect.signature(getattr(torch.optim, name)).parameters.items()}
    assert ours == {k: v for k, v in theirs.items() if k not in left_out}
    if name == "LBFGS":
        return

    settings = {"momentum": 0.9} if name == "SGD" else {}
    other = torch.nn.Parameter(torch.tensor(STARTS[0]))
    peer = getattr(torch.optim, name)([other], **settings)
    for noise in NOISE[:10]:
        other.grad = torch.tensor(slope(other.detach().numpy(), noise[0]))
        peer.step()
    mine = nl.Parameter(other.detach().numpy())
    optimizer = getattr(nl.optim, name)([mine], **settings)
    optimizer.load_state_dict(peer.state_dict())
    for noise in NOISE[10:]:
        mine.grad, other.grad = slope(mine.data, noise[0]), torch.tensor(slope(other.detach().numpy(), noise[0]))
        optimizer.step(), peer.step()
        check(f"optim.{name}", "torch", mine, other, what="after loading PyTorch's state")
    state, their_state = optimizer.state_dict()["state"][0], peer.state_dict()["state"][0]
    assert set(state) == set(their_state)
    for key, value in state.items():
        check(f"optim.{name}", "torch", value, their_state[key], what=key)


@pytest.mark.parametrize("name", ["RAdam", "Rprop"])
@drawn(rates, cases=5)
def test_what_keras_lacks_goes_where_that_of_pytorch_goes(name: str, rate: float) -> None:
    import torch

    parameters = [nl.Parameter(start) for start in STARTS]
    ours = places(getattr(nl.optimizers, name)(rate, parameters=parameters), parameters)
    compare_paths(f"optimizers.{name}", "torch", ours, torch_places(lambda p: getattr(torch.optim, name)(p, lr=rate)))


@pytest.mark.parametrize("spelling", ["optim", "optimizers"])
@drawn(
    st.fixed_dictionaries(
        {
            "max_iter": st.integers(1, 8),
            "history_size": st.integers(1, 4),
            "line_search_fn": st.sampled_from([None, "strong_wolfe"]),
        }
    ),
    st.integers(0, 10**6),
    cases=25,
)
def test_lbfgs_goes_where_that_of_pytorch_goes(spelling: str, settings: Any, seed: int) -> None:
    import torch

    start = np.random.default_rng(seed).normal(size=4)
    w, other = nl.Parameter(start), torch.nn.Parameter(torch.tensor(start))
    rate = 1.0 if settings["line_search_fn"] else 0.01
    if spelling == "optim":
        ours: Any = nl.optim.LBFGS([w], lr=rate, **settings)
    else:
        ours = nl.optimizers.LBFGS(rate, parameters=[w], **settings)
    theirs = torch.optim.LBFGS([other], lr=rate, **settings)

    def valley(x: Any) -> Any:
        return ((1 - x[:-1]) ** 2 + 10 * (x[1:] - x[:-1] ** 2) ** 2).sum()

    def closure_of(optimizer: Any, x: Any) -> Any:
        def closure() -> Any:
            optimizer.zero_grad()
            loss = valley(x)
            loss.backward()
            return loss

        return closure

    for step in range(4):
        loss, other_loss = ours.step(closure_of(ours, w)), theirs.step(closure_of(theirs, other))
        check(f"{spelling}.LBFGS", "torch", loss, other_loss, 1e-6, f"loss before step {step + 1}")
        check(f"{spelling}.LBFGS", "torch", w, other, 1e-6, f"after step {step + 1}")


# Keras has no OneCycle and no Cyclical: PyTorch's are compared below.
@pytest.mark.parametrize("row", [row for row in SCHEDULES if "Cycl" not in str(row)], ids=str)
def test_schedule_gives_the_rates_of_keras(row: ScheduleRow) -> None:
    import keras

    name = type(row.schedule).__name__
    config = row.schedule.get_config()  # type: ignore[attr-defined]
    theirs = getattr(keras.optimizers.schedules, name)(**config)
    peers = [float(theirs(float(step))) for step in range(0, 40, 3)]
    check(f"optimizers.schedules.{name}", "keras", [row.schedule(step) for step in range(0, 40, 3)], peers)


def two_groups(library: Any, parameter: Any, optimizer: str = "Adam") -> Any:
    """An optimizer with two groups."""
    first, second = (parameter(np.ones(1)) for _ in range(2))
    return getattr(library, optimizer)([{"params": [first]}, {"params": [second], "lr": 0.3}], lr=0.1)


def compare_schedulers(name: str, *makes: Any, optimizer: str = "Adam", steps: int = 29) -> None:
    """Compare the settings of two groups while one scheduler, or several, change them."""
    import torch

    ours = two_groups(nl.optim, nl.Parameter, optimizer)
    theirs = two_groups(torch.optim, lambda a: torch.nn.Parameter(torch.tensor(a)), optimizer)
    mine, peers = ([make(m) for make in makes] for m in (nl.optim.lr_scheduler, torch.optim.lr_scheduler))
    mine, peers = [make(ours) for make in mine], [make(theirs) for make in peers]
    subject = f"optim.lr_scheduler.{name}"
    for epoch in range(steps):
        for group, other in zip(ours.param_groups, theirs.param_groups, strict=True):
            check(subject, "torch", group["lr"], other["lr"], what=f"at epoch {epoch}")
            check(subject, "torch", group["betas"], other["betas"], what=f"at epoch {epoch}")
        for one, other in zip(mine, peers, strict=True):
            check(subject, "torch", one.get_last_lr(), other.get_last_lr())
        ours.step(), theirs.step()
        for one, other in zip(mine, peers, strict=True):
            one.step(), other.step()


SCHEDULERS: dict[str, Any] = {
    "StepLR": st.fixed_dictionaries({"step_size": st.integers(1, 9), "gamma": st.floats(0.1, 1)}),
    "MultiStepLR": st.fixed_dictionaries({"milestones": st.lists(st.integers(0, 30)), "gamma": st.floats(0.1, 1)}),
    "ExponentialLR": st.fixed_dictionaries({"gamma": st.floats(0.5, 1)}),
    "CosineAnnealingLR": st.fixed_dictionaries({"T_max": st.integers(2, 40), "eta_min": st.floats(0, 0.05)}),
    "LambdaLR": st.fixed_dictionaries({"lr_lambda": st.sampled_from([lambda t: 0.9**t, lambda t: 1 / (t + 1)])}),
    "OneCycleLR": st.fixed_dictionaries(
        {
            "max_lr": st.sampled_from([0.5, [0.5, 0.2]]),
            "total_steps": st.integers(29, 60),
            "pct_start": st.floats(0.2, 0.45),
            "anneal_strategy": st.sampled_from(["cos", "linear"]),
            "cycle_momentum": st.booleans(),
            "three_phase": st.booleans(),
        }
    ),
}


@pytest.mark.parametrize("name", SCHEDULERS)
@drawn(st.data(), cases=15)
def test_scheduler_gives_the_rates_of_pytorch(name: str, data: st.DataObject) -> None:
    settings = data.draw(SCHEDULERS[name])
    compare_schedulers(name, lambda library: lambda optimizer: getattr(library, name)(optimizer, **settings))


def test_schedulers_in_a_chain_give_the_rates_of_pytorch() -> None:
    compare_schedulers(
        "CosineAnnealingLR",
        lambda library: lambda optimizer: library.ExponentialLR(optimizer, 0.9),
        lambda library: lambda optimizer: library.CosineAnnealingLR(optimizer, 10, 0.01),
        lambda library: lambda optimizer: library.StepLR(optimizer, 3, 0.5),
    )


@drawn(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.floats(0.1, 0.9),
            "patience": st.integers(0, 3),
            "threshold": st.floats(0, 0.2),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 3),
            "min_lr": st.sampled_from([0, 0.02, [0.05, 0.01]]),
        }
    ),
    st.lists(st.integers(-200, 200).map(lambda n: n / 100), min_size=5, max_size=30),
)
def test_reduce_on_plateau_gives_the_rates_of_pytorch(settings: Any, values: list[float]) -> None:
    import torch

    ours = two_groups(nl.optim, nl.Parameter)
    theirs = two_groups(torch.optim, lambda a: torch.nn.Parameter(torch.tensor(a)))
    mine = nl.optim.lr_scheduler.ReduceLROnPlateau(ours, **settings)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **settings)
    for value in values:
        mine.step(nl.tensor(value, "float64")), peer.step(value)
        rates = [group["lr"] for group in theirs.param_groups]
        check("optim.lr_scheduler.ReduceLROnPlateau", "torch", mine.get_last_lr(), rates)


@drawn(
    st.integers(4, 40),
    st.floats(0.2, 0.45),
    st.sampled_from(["cos", "linear"]),
    st.booleans(),
)
def test_one_cycle_gives_the_rates_of_pytorch(total: int, share: float, strategy: str, three: bool) -> None:
    import torch

    schedule = nl.optimizers.schedules.OneCycle(0.5, total + 4, share, strategy, three_phase=three)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))])
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.5, total + 4, pct_start=share, anneal_strategy=strategy, three_phase=three
    )
    for step in range(total + 4):
        check("optimizers.schedules.OneCycle", "torch", schedule(step), theirs.get_last_lr()[0])
        optimizer.step(), theirs.step()


@drawn(
    st.integers(1, 9),
    st.one_of(st.none(), st.integers(1, 9)),
    st.sampled_from(["triangular", "triangular2", "exp_range"]),
    st.floats(0.8, 1),
)
def test_cyclical_gives_the_rates_of_pytorch(up: int, down: int | None, mode: str, gamma: float) -> None:
    import torch

    schedule = nl.optimizers.schedules.Cyclical(0.1, 0.5, up, down, mode, gamma)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))])
    theirs = torch.optim.lr_scheduler.CyclicLR(optimizer, 0.1, 0.5, up, down, mode, gamma, cycle_momentum=False)
    for step in range(30):
        check("optimizers.schedules.Cyclical", "torch", schedule(step), theirs.get_last_lr()[0])
        optimizer.step(), theirs.step()


REGULARIZERS = [
    "L1()", "L2()", "L1(0.3)", "L2(0.3)", "L1L2(0.2, 0.1)", "OrthogonalRegularizer()",
    "OrthogonalRegularizer(0.5, 'columns')",
]  # fmt: skip


@pytest.mark.parametrize("code", REGULARIZERS)
def test_regularizer_gives_the_penalty_of_keras(code: str) -> None:
    import keras

    ours, theirs = (eval(code, vars(library)) for library in (nl.regularizers, keras.regularizers))
    compare_function(f"regularizers.{type(ours).__name__}", ours, theirs, [GENERATOR.normal(size=(4, 3))], "keras")


@pytest.mark.parametrize("code", ["MaxNorm()", "MaxNorm(0.5, 1)", "NonNeg()", "UnitNorm()", "UnitNorm([0, 1])"])
def test_constraint_gives_the_values_of_keras(code: str) -> None:
    import keras

    ours, theirs = (eval(code, vars(library)) for library in (nl.constraints, keras.constraints))
    w = 2 * GENERATOR.normal(size=(4, 3, 2))
    check(f"constraints.{type(ours).__name__}", "keras", ours(w), theirs(keras.ops.convert_to_tensor(w)))


@pytest.mark.parametrize("spelling", ["l1", "l2", "l1l2", "orthogonal_regularizer"])
def test_keras_knows_the_same_names(spelling: str) -> None:
    import keras

    ours, theirs = nl.regularizers.get(spelling), keras.regularizers.get(spelling)
    assert type(ours).__name__ == type(theirs).__name__


def test_training_with_penalties_and_constraints_is_that_of_keras() -> None:
    import keras

    def model(library: Any, models: Any) -> Any:
        network = models.Sequential(
            [
                library.Dense(3, "tanh", True, "ones", "ones", "l2", "l1", "l2", "max_norm", "non_neg"),
                library.Dense(1, kernel_initializer="ones", kernel_constraint="unit_norm", kernel_regularizer="l1l2"),
            ]
        )
        network.build((None, 2))
        return network

    x, y = GENERATOR.normal(size=(8, 2)), GENERATOR.normal(size=(8, 1))
    ours, theirs = model(nl.layers, nl.models), model(keras.layers, keras)
    ours.astype("float64")
    ours.compile(nl.optimizers.SGD(0.3), "mse")
    theirs.compile(keras.optimizers.SGD(0.3), "mse")
    for _ in range(3):
        check("models.Model", "keras", ours.evaluate(x, y, verbose=0), theirs.evaluate(x, y, verbose=0), 1e-6, "loss")
        check("models.Model", "keras", ours.train_on_batch(x, y), theirs.train_on_batch(x, y), 1e-6, "training loss")
        for mine, other in zip(ours.get_weights(), [w.value for w in theirs.weights], strict=True):
            check("models.Model", "keras", mine, other, what="weights")


@drawn(st.sampled_from([1.0, 2.0, 3.0, float("inf")]), st.floats(0.1, 20))
def test_gradient_clipping_is_that_of_pytorch(norm_type: float, limit: float) -> None:
    import torch

    parameters = [nl.Parameter(start) for start in STARTS]
    others = [torch.nn.Parameter(torch.tensor(start)) for start in STARTS]
    for p, other in zip(parameters, others, strict=True):
        p.grad, other.grad = 3 * p.data, 3 * other.detach()
    norm = nl.nn.utils.clip_grad_norm_(parameters, limit, norm_type)
    theirs = torch.nn.utils.clip_grad_norm_(others, limit, norm_type)
    check("nn.utils.clip_grad_norm_", "torch", norm, theirs)
    for p, other in zip(parameters, others, strict=True):
        check("nn.utils.clip_grad_norm_", "torch", p.grad, other.grad)
    nl.nn.utils.clip_grad_value_(parameters, limit / 10)
    torch.nn.utils.clip_grad_value_(others, limit / 10)
    for p, other in zip(parameters, others, strict=True):
        check("nn.utils.clip_grad_value_", "torch", p.grad, other.grad)
    vector, their_vector = nl.nn.utils.parameters_to_vector(parameters), torch.nn.utils.parameters_to_vector(others)
    check("nn.utils.parameters_to_vector", "torch", vector, their_vector)


@pytest.mark.parametrize("code", ["Dense(3, activity_regularizer='l2')", "Conv2D(2, 2, kernel_regularizer='l1')"])
def test_layers_with_regularizers_are_those_of_keras(code: str) -> None:
    compare_layer(code, [GENERATOR.normal(size=(2, 4, 4, 2))])
