import { KdtalkerError } from '../../errors.js';

/** What a hub was asked for. */
export interface Wanted {
  /** For messages: a file, or a repository. */
  what: string;
  /** Base URL of the hub. */
  hub: string;
  /** Whether a token went with the request. */
  withToken: boolean;
}

/** Where files can be had by hand, and what to do with them then. */
const BY_HAND = "docs/models.md says how to get the files by hand for 'kdtalker packs convert'";

/** The hub answered, but not with what it was asked for. */
export function refused(status: number, wanted: Wanted, cause?: unknown): KdtalkerError {
  const { what, hub, withToken } = wanted;
  if (status !== 401 && status !== 403)
    return new KdtalkerError(
      'DOWNLOAD_FAILED',
      `Expected ${what} from ${hub} but received HTTP status ${status}${meaning(status)}. ${BY_HAND}`,
      { cause },
    );
  const advice = withToken
    ? 'The token of HF_TOKEN has no access: accept the terms on the page of the repository, or take another token'
    : 'Accept the terms on the page of the repository and set HF_TOKEN to an access token';
  return new KdtalkerError(
    'DOWNLOAD_DENIED',
    `Expected access to ${what} on ${hub} but received HTTP status ${status}. ${advice}`,
    { cause },
  );
}

/** No answer, or one that broke off. */
export function unreachable({ what, hub }: Wanted, cause: unknown): KdtalkerError {
  return new KdtalkerError(
    'DOWNLOAD_FAILED',
    `Expected ${what} from ${hub} but the connection failed: ${reason(cause)}. ` +
      'Run the same again: what has been downloaded is kept',
    { cause },
  );
}

/** Other bytes than the hub announced. */
export function wrongBytes(what: string, expected: string, received: string): KdtalkerError {
  return new KdtalkerError(
    'DOWNLOAD_DAMAGED',
    `Expected ${expected} for ${what} but received ${received}. What was downloaded of it has been removed; run the same again`,
  );
}

function meaning(status: number): string {
  if (status === 404) return ', it is not there';
  if (status === 429) return ', too many requests: try again later';
  return status >= 500 ? ', the hub has a fault: try again later' : '';
}

/** fetch hides what happened behind "fetch failed". */
function reason(error: unknown): string {
  const { message, cause, code } = (error ?? {}) as { message?: string; cause?: unknown; code?: string };
  if (cause !== undefined) return reason(cause);
  return message || code || String(error);
}
