//! Words in the headers of columns.

use std::collections::HashSet;
use std::sync::LazyLock;

type Words = LazyLock<HashSet<&'static str>>;

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split(", ").map(str::trim).collect()
}

/// Columns of numbers of runs.
pub(crate) static RUNS: Words = LazyLock::new(|| {
    words(
        "n, runs, seeds, trials, n runs, num runs, num seeds, n seeds, no of runs, number of runs, \
         number of seeds, laeufe, replicates, repeats, folds, n trials, nruns, nseeds, repetitions, no runs, \
         no seeds, n_runs, essais",
    )
});

/// Columns that name metrics.
pub(crate) static METRIC_NAMES: Words = LazyLock::new(|| {
    words(
        "metric, metrics, measure, metric name, evaluation metric, eval metric, metrik, metrique, \
         metric type",
    )
});

/// Columns that label rows wherever they stand.
pub(crate) static LABELS: Words = LazyLock::new(|| {
    words(
        "model, models, method, methods, dataset, datasets, data set, data, task, tasks, split, backbone, \
         name, setting, variant, approach, algorithm, system, network, architecture, arch, configuration, \
         config name, benchmark, language, domain, category, class, group, subset, environment, env, game, \
         encoder, decoder, loss function, modell, datensatz, verfahren, modele, methode, ablation, corpus, \
         target, source, pretraining, optimizer",
    )
});

/// Words that make a column a setting or a cost wherever they stand in its name.
pub(crate) static SETUP_WORDS: Words = LazyLock::new(|| {
    words(
        "params, param, parameters, parametres, parameter, flops, gflops, mflops, tflops, macs, gmacs, \
         madds, memory, mem, vram, ram, gpu, gpus, cpu, time, times, runtime, latency, throughput, fps, \
         speed, speedup, seconds, secs, sec, hours, hrs, minutes, mins, epoch, epochs, iter, iters, \
         iterations, steps, step, lr, batch, batchsize, year, date, version, resolution, img, crop, url, \
         link, links, download, downloads, log, logs, ckpt, checkpoint, checkpoints, weights, config, \
         configs, code, hardware, device, dropout, momentum, warmup, budget, cost, price, energy, co2, \
         carbon, filter, filename, path, commit, hash, duration, walltime, zeit, dauer, jahr, temps, duree, \
         tiempo, parametros, parameterzahl, tokens, layers, heads, depth, width, trained, venue, wall",
    )
});

/// Names that make a column a setting when they are all of it.
pub(crate) static SETUP_NAMES: Words = LazyLock::new(|| {
    words(
        "d, k, no, id, res, index, idx, rank, ranking, order, dim, dims, dimension, hidden, bs, size, n shot, \
         nshot, shots, shot, num fewshot, support, total, correct total, samples, examples, instances, \
         nodes, edges, classes, features, num samples, n samples, n train, n test, train s, ms, s, h, mb, \
         gb, count, counts, num, temperature, beta, alpha, lambda, gamma, \
         eta, epsilon, ratio, sparsity, bits, compression, weight decay, wd, length, seq len, context, \
         status, notes, note, comment, comments, test size, train size, input size, img size, image size, \
         param count, crop pct, interpolation, license, date added, total examples, rounds, clients, \
         queries, population, size m, avg rank, average rank, mean rank, timestamp, created, start, end, \
         step time, image size px, points used, window, horizon steps, degrees of freedom, df, t, z, chi2, \
         t statistic, effect size, likes, hub likes, stars, forks, votes, upvotes, \
         citations, cited by, entries, submissions, followers, contributors, team size, vocab size",
    )
});

/// Units in parentheses that only costs have.
pub(crate) static COST_UNITS: Words = LazyLock::new(|| {
    words(
        "(s), (ms), (gb), (mb), (h), (hours), (min), (mins), (sec), (s/iter), (ms/im), [s], [ms], [h], [gb], \
         [mb], (days), (usd), ($), (it/s), (img/s), (fps), (kb)",
    )
});
