// The talker of the programs in this folder, on the device that the test names.
import { Talker } from 'kdtalker';

export const device = process.env.KDTALKER_TEST_DEVICE ?? 'auto';

export const load = (options = {}) => Talker.load('puppet', { device, ...options });
