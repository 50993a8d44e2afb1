import { join } from 'node:path';
import { buildPackage } from './package.ts';

// `npm run build`, and the end of `npm ci`.

await buildPackage(join(import.meta.dirname, '..', 'dist'));
