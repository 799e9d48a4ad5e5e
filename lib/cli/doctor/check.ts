/** The result of a check. `ok`: present; `note`: absent or imperfect, but clips can be made; `missing`: no clip can be made. */
export interface Finding {
  name: string;
  state: 'ok' | 'note' | 'missing';
  /** The result in one line. */
  found: string;
  /** The advice, if the user can do something. */
  advice?: string;
  /** Details for machines: versions, paths. */
  details?: Readonly<Record<string, unknown>>;
}

/** One check. */
export interface Check {
  /** The name of the check in the list. */
  name: string;
  look(signal: AbortSignal): Promise<Omit<Finding, 'name'>>;
}

/**
 * Runs a check, and turns an error into a finding: its message says what is missing and what to do. Each check imports its modules inside
 * its function, because they may be broken.
 */
export async function lookAt({ name, look }: Check, signal: AbortSignal): Promise<Finding> {
  try {
    return { name, ...(await look(signal)) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { name, ...failed(error) };
  }
}

/** Makes a finding from an error. The first sentence is the result, the rest is the advice. */
export function failed(error: unknown): Omit<Finding, 'name'> {
  const state = 'missing';
  const { message } = error instanceof Error ? error : { message: String(error) };
  const cut = /^(.*?[^.]\.) (?=[A-Z])(.*)$/s.exec(message);
  const code = (error as { code?: unknown }).code;
  const details = typeof code === 'string' ? { details: { code } } : {};
  return cut ? { state, found: cut[1]!, advice: cut[2]!, ...details } : { state, found: message, ...details };
}
