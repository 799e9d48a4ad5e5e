"""python make.py OUT [--small]: corpus, features, training, weights and figures, from nothing and with fixed seeds.

OUT then holds `visemes.weights`, `visemes.json` (its hash, shapes and figures) and `espeak_test/`, pairs of WAV and JSON for
`npm run evaluate:visemes`. `--small` shows in a minute that all steps work: little espeak-ng, few steps, a poor network.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path

# Threads that spin cost ten times the work. Set before numpy and torch are loaded.
os.environ['OMP_NUM_THREADS'] = os.environ['OPENBLAS_NUM_THREADS'] = '1'

import numpy as np

import corpus
import evaluate
import export
import features
import train

HERE = Path(__file__).parent
SEED = 1
# Human-made voices count twice.
TWICE = [*(f'flite_{voice}' for voice in corpus.FLITE), 'festival_ked_diphone']
ONCE = ['espeak_train', 'festival_kal_diphone', 'festival_cmu_us_slt_arctic_hts']


def check_programs(small):
    wanted = ['gcc', 'espeak-ng'] if small else ['gcc', 'espeak-ng', 'flite', 'festival']
    missing = [name for name in wanted if shutil.which(name) is None]
    if missing:
        sys.exit(f'Expected the programs {", ".join(wanted)} but {", ".join(missing)} cannot be found')


def build_speaker(out):
    tool = out / 'espk'
    subprocess.run(['gcc', '-O1', '-o', tool, HERE / 'espk.c', '-lespeak-ng'], check=True)
    return str(tool)


def write_pairs(items, folder):
    """Lines with labels as the pack's evaluation reads them."""
    folder.mkdir(exist_ok=True)
    for i, (x, segments) in enumerate(items):
        with wave.open(str(folder / f'{i:03}.wav'), 'wb') as out:
            out.setnchannels(1), out.setsampwidth(2), out.setframerate(corpus.RATE)
            out.writeframes(np.round(x * 32767).astype('<i2').tobytes())
        rows = [[round(float(a), 4), round(float(b), 4), shape] for a, b, shape in segments]
        (folder / f'{i:03}.json').write_text(json.dumps({'segments': rows}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out', type=Path)
    parser.add_argument('--small', action='store_true')
    options = parser.parse_args()
    check_programs(options.small)
    out, small = options.out, options.small
    out.mkdir(parents=True, exist_ok=True)
    corpus.speak(str(out), build_speaker(out), small)
    sets = ['espeak_train'] if small else ['espeak_train', *TWICE, *TWICE, *ONCE[1:]]
    features.build([f'{out}/{name}.npz' for name in sets], 1 if small else 3, f'{out}/features.npz', 12)
    train.main(f'{out}/features.npz', f'{out}/visemes.pt', 300 if small else 12_000, seed=SEED)
    about = export.main(f'{out}/visemes.pt', f'{out}/visemes')
    unheard = list(features.lines(f'{out}/espeak_test.npz'))
    about['figures'] = evaluate.figures(f'{out}/visemes.pt', unheard)
    Path(f'{out}/visemes.json').write_text(json.dumps(about, indent=1))
    write_pairs(unheard, out / 'espeak_test')
    print(json.dumps(about['figures']))


if __name__ == '__main__':
    main()
