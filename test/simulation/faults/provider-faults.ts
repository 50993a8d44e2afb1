import { free, parked, stored, unknown } from './endings.ts';
import { gatewayFaults } from './gateway-faults.ts';
import type { ProviderFault } from './provider-fault.ts';

/** Faults that the simulated gateway does not make, and combinations. */
const own: readonly ProviderFault[] = [
  { name: 'nothing', gatewayFaults: [], ends: stored },
  {
    name: 'quotes the key: submit',
    responseFault: { stage: 'submit', what: 'quotes-key', times: 1 },
    gatewayFaults: [],
    ends: free,
  },
  {
    name: 'quotes the key: poll(2)',
    responseFault: { stage: 'poll', what: 'quotes-key', times: 2 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'plain 500: submit',
    responseFault: { stage: 'submit', what: 'plain-500', times: 1 },
    gatewayFaults: [],
    ends: unknown,
  },
  {
    name: 'plain 500 after accepting',
    responseFault: { stage: 'submit', what: 'plain-500-after', times: 1 },
    gatewayFaults: [],
    ends: unknown,
  },
  {
    name: 'plain 500: poll(3)',
    responseFault: { stage: 'poll', what: 'plain-500', times: 3 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: '503 with the code of a refusal: submit',
    responseFault: { stage: 'submit', what: 'refusal-503', times: 1 },
    gatewayFaults: [],
    ends: free,
  },
  {
    name: '408: submit',
    responseFault: { stage: 'submit', what: 'timeout-408', times: 1 },
    gatewayFaults: [],
    ends: unknown,
  },
  {
    name: 'small bomb: poll(2)',
    responseFault: { stage: 'poll', what: 'bomb', times: 2 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'small bomb: file(1)',
    responseFault: { stage: 'file', what: 'bomb', times: 1 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'packed file',
    responseFault: { stage: 'file', what: 'packed', times: 9 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'redirect to a name inside(2)',
    responseFault: { stage: 'file', what: 'redirect-inside', times: 2 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'redirect for ever(6)',
    responseFault: { stage: 'file', what: 'redirect-for-ever', times: 6 },
    gatewayFaults: [],
    ends: stored,
  },
  ...(['dns', 'refused', 'tls', 'silence'] as const).flatMap((how): ProviderFault[] => [
    {
      name: `${how}: submit(2)`,
      connect: { of: 'submit-job', how, times: 2 },
      gatewayFaults: [],
      ends: stored,
    },
    { name: `${how}: poll(3)`, connect: { of: 'check-job', how, times: 3 }, gatewayFaults: [], ends: stored },
    {
      name: `${how}: file(3)`,
      connect: { of: 'store-video', how, times: 3 },
      gatewayFaults: [],
      ends: stored,
    },
  ]),
  { name: 'key missing', key: 'missing', gatewayFaults: [], ends: parked, isLong: true, hours: 6 },
  { name: 'key wrong', key: 'wrong', gatewayFaults: [], ends: parked, isLong: true, hours: 6 },
  { name: 'key missing for hours', key: 'missing for hours', gatewayFaults: [], ends: stored },
  { name: 'key wrong for hours', key: 'wrong for hours', gatewayFaults: [], ends: stored },
  { name: 'key changed', key: 'changed', gatewayFaults: [], ends: stored },
  {
    name: 'redirect-origin and expired-url(1)',
    gatewayFaults: ['redirect-origin', 'expired-url(1)'],
    ends: stored,
  },
  { name: '429(2) and poll-404(2)', gatewayFaults: ['429(2)', 'poll-404(2)'], ends: stored },
  { name: 'late(3000s) and poll-500(3)', gatewayFaults: ['late(3000s)', 'poll-500(3)'], ends: stored },
  { name: 'flap-failed(1) and file-500(2)', gatewayFaults: ['flap-failed(1)', 'file-500(2)'], ends: stored },
  {
    name: 'content-url and redirect-origin',
    gatewayFaults: ['content-url', 'redirect-origin'],
    dialects: ['openai-video'],
    ends: stored,
  },
];

/** Every provider fault that runs are made with. */
export const providerFaults: readonly ProviderFault[] = [...own, ...gatewayFaults];
