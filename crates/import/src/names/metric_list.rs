//! The known metrics.

/// What the values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricKind {
    /// A share: printed as a fraction, or in percent.
    Share,
    /// At most 1, and never printed in percent without a word.
    Fraction,
    /// Any other number.
    Number,
    /// A name that says little by itself: `score`, `error`, `loss`.
    Vague,
}

/// A metric: its name, its direction and its spellings.
pub(crate) struct MetricEntry {
    /// The canonical name.
    pub name: &'static str,
    /// Whether higher values are better.
    pub higher: bool,
    /// What its values are.
    pub kind: MetricKind,
    /// Spellings besides the name: words as [`super::tokens()`] gives them, joined by spaces.
    pub spellings: Vec<&'static str>,
}

/// The known metrics.
pub(crate) fn entries() -> impl Iterator<Item = MetricEntry> {
    METRICS.lines().filter_map(entry)
}

/// The metric of a line; `None` for a heading.
fn entry(line: &'static str) -> Option<MetricEntry> {
    let (direction, rest) = line.split_once(' ')?;
    let higher = match direction {
        "+" => true,
        "-" => false,
        _ => return None,
    };
    let mut parts = rest.split('|').map(str::trim);
    let kind = match parts.next()? {
        "share" => MetricKind::Share,
        "fraction" => MetricKind::Fraction,
        "number" => MetricKind::Number,
        _ => MetricKind::Vague,
    };
    let name = parts.next()?;
    let spellings = parts.next().unwrap_or_default().split(", ");
    Some(MetricEntry {
        name,
        higher,
        kind,
        spellings: spellings.filter(|spelling| !spelling.is_empty()).collect(),
    })
}

/// A line a metric: whether higher values are better, the kind, the name, other spellings.
const METRICS: &str = "\
# Classification.
+ share | accuracy | acc, accuracies, genauigkeit, exactitude, precision globale, exactitud, percentage correct, percent correct, correct, classification rate, recognition rate, success, accu, acc1, acc 1, acc@1, top1 acc, accuracy score
+ share | top-1 accuracy | top 1 accuracy, top 1 acc, top1 accuracy, top1 acc, acc top 1, acc top1, accuracy top 1, prec@1, acc@top1
+ share | top-5 accuracy | top 5 accuracy, top 5 acc, top5 accuracy, top5 acc, acc top 5, acc top5, accuracy top 5, acc@5, acc5, prec@5
+ share | balanced accuracy | balanced acc, bal acc, bacc, bal accuracy, balanced accuracy score, uar, unweighted average recall, mean class accuracy, macc, mean per class accuracy
+ share | robust accuracy | robust acc, adversarial accuracy, certified accuracy
+ share | normalised accuracy | acc norm, accuracy norm
+ share | f1 | f1 score, f score, f measure, f 1, f 1 score, fscore, f1score, f1 measure, f mass
+ share | macro-f1 | macro f1, f1 macro, macro f, macro averaged f1, macro f1 score, maf1
+ share | micro-f1 | micro f1, f1 micro, micro f, micro f1 score, mif1
+ share | weighted-f1 | weighted f1, f1 weighted
+ share | precision | prec, ppv, positive predictive value
+ share | recall | rec, tpr, true positive rate, hit rate
+ share | sensitivity | sens, sensitivitaet
+ share | specificity | spec, tnr, true negative rate
+ share | npv | negative predictive value
- share | false positive rate | fpr, fpr95, fpr 95, fpr@95, fall out
- share | false negative rate | fnr, miss rate
- share | equal error rate | eer
+ share | auc | auroc, roc auc, roc, auc roc, rocauc, area under the curve, area under the roc curve, area under the receiver operating characteristic curve, c statistic
+ share | auprc | pr auc, aupr, auc pr, area under the precision recall curve, prauc
+ share | average precision | ap, avg precision
+ share | map | mean average precision, m ap
+ share | box ap | box ap, ap box, apb, bbox ap, box map, bbox map, ap bb, apbox, bbox map 50 95
+ share | mask ap | mask ap, ap mask, apm, segm ap, segm map, mask map, apmask
+ share | average recall | ar, mean average recall
+ fraction | kappa | cohen s kappa, cohens kappa, cohen kappa, quadratic weighted kappa, qwk, κ
+ fraction | mcc | matthews correlation coefficient, matthews corr, matthews correlation, matthew s corr, mattews corr, matthews
- share | hamming loss |
+ share | jaccard | jaccard index, jaccard score
- share | top-1 error | top 1 error, top 1 err, top1 error, top1 err, top 1 error rate, err@1
- share | top-5 error | top 5 error, top 5 err, top5 error, top5 err, top 5 error rate, err@5
- share | error rate | error rates, misclassification rate, misclassification error, classification error rate, fehlerrate, taux d erreur, error percentage, percent error
- vague | error | err, errors, classification error, fehler, erreur, test error, generalization error, generalisation error, prediction error, forecasting error, reconstruction error, tasa de error
- number | brier score | brier
- share | ece | expected calibration error, calibration error, aece, sce, adaptive ece, smece
- share | mce | maximum calibration error, mean corruption error
- number | aurc | e aurc
# Likelihood and loss.
- vague | loss | losses, verlust, perte, objective
- number | cross-entropy | cross entropy, cross entropy loss, log loss, logloss, xent, bce, ce loss, binary cross entropy
- number | nll | negative log likelihood, neg log likelihood, negative loglikelihood, nlpd, negative log predictive density
+ number | log likelihood | loglikelihood, log lik, test log likelihood, mean log likelihood, elpd, log predictive density, predictive log likelihood, tll
+ number | elbo | evidence lower bound
- number | perplexity | ppl, perplexities, pplx
- number | word perplexity | word perplexity, token perplexity
- number | byte perplexity |
- number | bits per byte | bpb, bits byte
- number | bits per dim | bpd, bits dim, bits per dimension
- number | bits per character | bpc, bits per char
- number | kl divergence | kl, kld, kullback leibler divergence
# Regression.
- number | mse | mean squared error, mean square error, test mse, nmse, normalized mse, normalised mse
- number | rmse | root mean squared error, root mean square error, rms error, rms, nrmse, wrmse
- number | rmsle | root mean squared logarithmic error
- number | mae | mean absolute error, mean absolute errors, mittlerer absoluter fehler, absolute error, l1 error, l1
- number | mape | mean absolute percentage error, wape, mdape, absolute percentage error
- number | smape | symmetric mape, symmetric mean absolute percentage error
- number | mase | mean absolute scaled error, owa, msis
- number | crps | continuous ranked probability score, crps sum
- number | relative error | rel error, relative l2 error, relative l2, rel l2 error, rel l2, l2 error, abs rel, absrel, sq rel, relative l 2 error, l 2 error, relative l1 error, relative errors
+ fraction | r2 | r 2, r squared, r2 score, coefficient of determination, adjusted r2, r sq
+ fraction | pearson | pearson r, pearson correlation, pearson s r, pcc, plcc, pearsonr, pearson corr
+ fraction | spearman | spearman rho, spearman correlation, spearman s rho, spearman r, srcc, srocc, spearmanr, spearman corr, spearman rank correlation
+ fraction | kendall | kendall tau, kendall s tau, krcc, kendalltau
+ fraction | correlation | corr, correlation coefficient
+ fraction | concordance index | c index, cindex, harrell s c
+ share | explained variance | explained variance score
# Retrieval, ranking, recommendation, graphs.
+ share | mrr | mean reciprocal rank, reciprocal rank
+ share | ndcg | normalized discounted cumulative gain, normalised discounted cumulative gain, dcg
+ share | hits | hit, hr, hit ratio
- number | mean rank | mr, medr, median rank, mnr, mdr
+ share | recall@k | r@k, recall@k
+ share | precision@k | p@k, precision@k
+ share | link prediction accuracy |
+ number | modularity |
# Clustering.
+ share | nmi | normalized mutual information, normalised mutual information, mutual information, ami, v measure
+ share | ari | adjusted rand index, adjusted rand score, rand index
+ share | purity | cluster purity
+ number | silhouette | silhouette score
# Images.
+ share | miou | mean iou, mean intersection over union, m iou, mean jaccard
+ share | iou | intersection over union, fwiou, giou, biou, boundary iou
+ share | pixel accuracy | pixel acc, pacc, pix acc, aacc
+ share | dice | dice score, dice coefficient, dsc, dice similarity coefficient, dice index, mean dice, mdice
- number | hd95 | hausdorff 95, 95 hd, hd 95, hausdorff distance 95, 95 hausdorff distance
- number | hausdorff distance | hd, hausdorff
- number | asd | assd, average surface distance, average symmetric surface distance
+ share | nsd | normalized surface dice, normalized surface distance, surface dice
+ share | panoptic quality | pq, pq th, pq st, sq, rq
+ number | psnr | peak signal to noise ratio
+ number | ssim | structural similarity, ms ssim
- number | lpips |
- number | fid | frechet inception distance, fid score, fid 50k, fid50k, kid, sfid, fvd, frechet video distance, frechet distance, fad, cmmd
+ number | inception score | is, inception
+ number | clip score | clipscore, clip sim
- number | endpoint error | epe, end point error, aepe
- number | chamfer distance | cd, chamfer, chamfer l1, cd l1
- number | mpjpe | pa mpjpe, pve, mpvpe, mean per joint position error
+ share | pck | pckh, percentage of correct keypoints
- number | ade | fde, min ade, min fde, average displacement error, final displacement error
+ share | mota | hota, idf1, motp, assa, deta
+ share | nds | nuscenes detection score, nd score
# Text and speech.
+ number | bleu | bleu score, sacrebleu, bleu 4, bleu4, bleu 1, bleu 2, bleu 3, spbleu
+ number | chrf | chrf++, chr f, chrf2
+ number | rouge-1 | rouge 1, rouge1, r 1, rg 1
+ number | rouge-2 | rouge 2, rouge2, rg 2
+ number | rouge-l | rouge l, rougel, rouge lsum, rougelsum, r l, rg l
+ number | rouge | rouge score
+ number | meteor |
+ number | cider | cider d
+ number | spice |
+ number | bertscore | bert score, bleurt, moverscore, comet, comet score
- number | ter | translation edit rate, translation error rate
- share | wer | word error rate, word error rates, wortfehlerrate
- share | cer | character error rate, char error rate
- share | per | phoneme error rate, phone error rate
+ share | exact match | em, exact match accuracy, exact matches
+ share | uas | unlabeled attachment score, unlabelled attachment score
+ share | las | labeled attachment score, labelled attachment score
+ share | pass@k | pass@k, pass rate, solve rate
+ share | win rate | winrate, win rates, wins
+ number | mos | mean opinion score, pesq, stoi, si sdr, sdr, si snr, dnsmos, snr, sisdr
+ share | resolved rate | resolved, resolve rate, completion rate
# Agents and control.
+ number | return | episode return, episodic return, mean return, average return, returns, cumulative return, cumulative reward, mean episode return, average episode return, undiscounted return, normalized return, normalised return
+ number | reward | rewards, episode reward, mean reward, average reward, episodic reward, total reward
+ share | success rate | success rates, sr, task success, success
+ number | human normalised score | human normalized score, hns, normalized score, normalised score
+ share | spl | success weighted by path length
- share | collision rate | collisions
- number | regret | cumulative regret, simple regret
+ number | elo | elo rating
# Fairness, privacy, continual learning, anomalies.
- number | demographic parity difference | dp difference, demographic parity, dpd, eod, equalized odds difference, equalised odds difference
- number | forgetting | average forgetting, forgetting measure
+ number | backward transfer | bwt, fwt, forward transfer
+ share | coverage | picp, prediction interval coverage
- number | energy distance | mmd, wasserstein distance, wasserstein, emd, earth mover s distance, sliced wasserstein
+ number | hypervolume | hv
+ number | diversity | novelty, uniqueness, validity
+ number | qed |
+ number | vmaf |
+ number | tm-score | tm score, gdt ts, gdt, lddt, plddt
+ vague | score | scores, punkte, points, test score, average score, mean score, final score, game score
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_heading_or_a_metric() {
        let metrics = METRICS.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(metrics.count(), entries().count());
        assert!(entries().count() >= 110);
        let kinds = ["share", "fraction", "number", "vague"];
        for line in METRICS.lines().filter(|line| !line.starts_with('#')) {
            let kind = line[2..].split(' ').next().unwrap_or_default();
            assert!(kinds.contains(&kind), "{line}");
        }
    }
}
