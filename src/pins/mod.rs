//! The pins: the commit, the data and the hardware that the manifest names, checked against what is there.
