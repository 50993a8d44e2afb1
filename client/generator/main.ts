import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../../core/api/openapi.ts';
import { clientOf } from './client-of.ts';

const repository = join(import.meta.dirname, '..', '..');
const file = join(repository, 'client', 'api.ts');
writeFileSync(file, clientOf(openApiDocument()));
execFileSync('biome', ['format', '--write', file], { cwd: repository, stdio: 'inherit' });
