//! The decision: REPRODUCED, NOT REPRODUCED or INCONCLUSIVE, from the evidence of a claim.
