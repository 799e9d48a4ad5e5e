import { KdtalkerError } from '../../errors.js';

/** A request to a hub, for error messages. */
export interface Wanted {
  /** For messages: a file, or a repository. */
  what: string;
  /** Base URL of the hub. */
  hub: string;
  /** Whether the request carried a token. */
  withToken: boolean;
}

/** Tells the user where to download the files by hand and how to use them. */
const BY_HAND = "docs/models.md says how to get the files by hand for 'kdtalker packs convert'";

/** The hub answered with an error status. */
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

/** No response, or a response that broke off. */
export function unreachable({ what, hub }: Wanted, cause: unknown): KdtalkerError {
  return new KdtalkerError(
    'DOWNLOAD_FAILED',
    `Expected ${what} from ${hub} but the connection failed: ${reason(cause)}. ` +
      'Run the same again: what has been downloaded is kept',
    { cause },
  );
}

/** The bytes differ from the hub's announced size or hash. */
export function wrongBytes(what: string, expected: string, received: string): KdtalkerError {
  return new KdtalkerError(
    'DOWNLOAD_DAMAGED',
    `Expected ${expected} for ${what} but received ${received}. The incomplete download was removed; run the same command again`,
  );
}

function meaning(status: number): string {
  if (status === 404) return ', it is not there';
  if (status === 429) return ', too many requests: try again later';
  return status >= 500 ? ', the hub has a fault: try again later' : '';
}

/** fetch hides the cause behind the message "fetch failed". */
function reason(error: unknown): string {
  const { message, cause, code } = (error ?? {}) as { message?: string; cause?: unknown; code?: string };
  if (cause !== undefined) return reason(cause);
  return message || code || String(error);
}
