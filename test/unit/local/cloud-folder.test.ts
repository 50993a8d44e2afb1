import { cloudFolder } from '../../../local/cloud-folder.ts';

test('the main cloud has its outputs where everybody looks', () => {
  expect(cloudFolder('/x/.local', 'http://127.0.0.1:4566', true)).toEqual({
    base: '/x/.local',
    path: '/x/.local/cloud-4566',
    outputsFile: '/x/.local/outputs.json',
  });
});

test('a second cloud keeps to its own folder', () => {
  expect(cloudFolder('/x/.local', 'http://127.0.0.1:4666', false)).toMatchObject({
    path: '/x/.local/cloud-4666',
    outputsFile: '/x/.local/cloud-4666/outputs.json',
  });
});

test('a cloud elsewhere has a folder of its own name', () => {
  expect(cloudFolder('/x', 'https://cloud.example', true).path).toBe('/x/cloud-cloud.example-443');
});
