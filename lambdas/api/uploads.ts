import { randomUUID } from 'node:crypto';
import { MAX_MANIFEST_BYTES } from '../../core/api/batch-request.ts';
import { isManifest, type Upload, uploadRoutes } from '../../core/api/upload-routes.ts';
import { uploadKey } from '../../core/request/media-reference.ts';
import { ApiProblem, jsonAnswer } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';
import { signUpload } from '../shared/storage/upload-url.ts';
import { operation } from './operation.ts';

export const createUpload = operation(uploadRoutes.createUpload, async ({ caller: { owner }, body }) => {
  const { filename, contentType, size } = body;
  const [what, most] = isManifest(body)
    ? ['manifest', MAX_MANIFEST_BYTES]
    : ['frame', settings().maxFrameBytes];
  if (size > most) {
    const message = `size: a ${what} may have ${most} bytes, not ${size}.`;
    throw new ApiProblem(413, 'FRAME_TOO_LARGE', message, [{ field: 'size', message }]);
  }
  const frameKey = uploadKey(owner, randomUUID(), filename);
  const signed = await signUpload({ key: frameKey, contentType, maxBytes: size });
  const upload: Upload = { ...signed, frameKey };
  return jsonAnswer(201, upload, { 'cache-control': 'no-store' });
});
