import { ERROR_CODES } from '../errors.js';
import { inputFaultOf } from '../input-faults.js';

/**
 * The result of work on one file, or the reason why it failed, if that lies in the file. Messages of other programs hold addresses and
 * times, so the reason is the meaning of the error's code: two runs give the same bytes.
 */
export async function orReason<T>(work: () => Promise<T>): Promise<T | { why: string }> {
  try {
    return await work();
  } catch (error) {
    const fault = inputFaultOf(error);
    if (fault === undefined) throw error;
    return { why: `${fault}: ${ERROR_CODES[fault].replace(/\.$/, '')}` };
  }
}
