/**
 * What one look found. `ok`: there; `note`: not there or not as it should be, but clips can be made; `missing`: no clip can be made.
 */
export interface Finding {
  name: string;
  state: 'ok' | 'note' | 'missing';
  /** One line: what was found. */
  found: string;
  /** What to do, where something is to be done. */
  advice?: string;
  /** More for machines: versions, paths. */
  details?: Readonly<Record<string, unknown>>;
}

/** One thing to look at. */
export interface Check {
  /** In the order in which they are listed. */
  name: string;
  look(signal: AbortSignal): Promise<Omit<Finding, 'name'>>;
}

/**
 * Looks, and takes an error for what was found: its sentence says what is missing and what to do. Whatever a check needs is imported
 * inside of it, since that may be what is broken.
 */
export async function lookAt({ name, look }: Check, signal: AbortSignal): Promise<Finding> {
  try {
    return { name, ...(await look(signal)) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { name, ...failed(error) };
  }
}

/** A finding from an error. The first sentence is what was found, the rest is the advice. */
export function failed(error: unknown): Omit<Finding, 'name'> {
  const state = 'missing';
  const { message } = error instanceof Error ? error : { message: String(error) };
  const cut = /^(.*?[^.]\.) (?=[A-Z])(.*)$/s.exec(message);
  const code = (error as { code?: unknown }).code;
  const details = typeof code === 'string' ? { details: { code } } : {};
  return cut ? { state, found: cut[1]!, advice: cut[2]!, ...details } : { state, found: message, ...details };
}
