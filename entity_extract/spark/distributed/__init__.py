"""Training where the rows are: forest, classifier, fusion net, out-of-fold opinions, ranker."""
