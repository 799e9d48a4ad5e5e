// Hides packages, as if they were not installed: those whose names begin with a word of HIDDEN_PACKAGES.
import Module from 'node:module';

const hidden = process.env.HIDDEN_PACKAGES.split(' ');
const resolve = Module._resolveFilename;
Module._resolveFilename = function hide(request, ...rest) {
  if (hidden.some((name) => request.startsWith(name)))
    throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, request, ...rest);
};
