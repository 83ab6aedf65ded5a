"""How pending rows become work: a relay tells RQ of due rows, workers under a supervisor take leases and do them."""
