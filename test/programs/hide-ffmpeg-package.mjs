// Makes the optional package look as if it had not been installed.
import Module from 'node:module';

const resolve = Module._resolveFilename;
Module._resolveFilename = function hidden(request, ...rest) {
  if (request.startsWith('@ffmpeg-installer'))
    throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, request, ...rest);
};
