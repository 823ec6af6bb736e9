import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AutoETS, initSync as initEts } from '@bsull/augurs/ets';
import { initSync as initMstl, MSTL } from '@bsull/augurs/mstl';

let loaded = false;

/**
 * MSTL decomposition with AutoETS on what remains, by the WASM build of augurs (Bandara, Hyndman and Bergmeir, 2021).
 * `values` must be finite and hold two of each season. Throws when no model can be fitted.
 */
export function forecastMstl(values: Float64Array, seasonLengths: readonly number[], horizon: number): Float64Array {
  load();
  const model = MSTL.ets([...seasonLengths], null);
  try {
    model.fit(values);
    return Float64Array.from(model.predict(horizon, null).point);
  } finally {
    model.free();
  }
}

/** The best exponential smoothing model without a season. `values` must be finite and ten at least. Throws as above. */
export function forecastEts(values: Float64Array, horizon: number): Float64Array {
  load();
  const model = new AutoETS(1, 'ZZN');
  try {
    model.fit(values);
    return Float64Array.from(model.predict(horizon, null).point);
  } finally {
    model.free();
  }
}

/** The packages fetch their WASM by URL unless it is handed to them, and Node does not fetch files. */
function load(): void {
  if (loaded) return;
  const wasm = (name: string) =>
    readFileSync(fileURLToPath(import.meta.resolve('@bsull/augurs')).replace(/core\.js$/, name));
  initMstl({ module: wasm('mstl_bg.wasm') });
  initEts({ module: wasm('ets_bg.wasm') });
  loaded = true;
}
