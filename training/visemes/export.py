"""Writes float16 tensors one after the other, as lib/packs/puppet/visemes.weights has them; names, shapes and hash beside them."""
import hashlib
import json

import numpy as np
import torch


def main(weights, out):
    state = torch.load(weights)
    for name in list(state):
        if name.startswith('c') and name.endswith('weight'):
            # Rows are taps of columns; a convolution wants [out, in, taps].
            taps = 4 if name == 'c1.weight' else 3
            state[name] = state[name].reshape(len(state[name]), taps, -1).permute(0, 2, 1).contiguous()
    data = np.concatenate([t.numpy().astype('<f2').ravel() for t in state.values()]).tobytes()
    open(f'{out}.weights', 'wb').write(data)
    about = {'order': list(state), 'shapes': {n: list(t.shape) for n, t in state.items()}, 'sha256': hashlib.sha256(data).hexdigest()}
    json.dump(about, open(f'{out}.json', 'w'), indent=1)
    return about
