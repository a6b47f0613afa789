// Goal: a cluster would accept deploy/kubernetes, and what it sets is what the programs read. Method: the schemas of
// Kubernetes and KEDA; the programs' own reading of their settings.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { names } from '#protocol/pool/presence.js';
import { describeCoordinatorSettings } from '../../apps/coordinator/src/config.js';
import { describeWorkerSettings } from '../../apps/worker/src/config.js';
import { root } from '../support/source-files.js';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: { readonly containers: readonly { readonly env?: readonly { readonly name: string }[] }[] };
    };
    readonly triggers?: readonly { readonly metadata: Readonly<Record<string, string>> }[];
  };
}

const models: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Service,
  StatefulSet,
  TriggerAuthentication,
};

const folder = join(root, 'deploy/kubernetes');
const text = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
const kustomization = async (path: string): Promise<{ resources: string[]; patches?: { path: string }[] }> =>
  parse(await text(`${path}/kustomization.yml`)) as { resources: string[]; patches?: { path: string }[] };
const resourcesIn = async (path: string): Promise<Resource[]> =>
  parseAllDocuments(await text(path)).map((document) => document.toJS() as Resource);

const files = (await kustomization('base')).resources;
const base = (await Promise.all(files.map((file) => resourcesIn(`base/${file}`)))).flat();

describe('the base', () => {
  it('lists every file', async () => {
    const there = (await readdir(join(folder, 'base'))).filter((file) => file !== 'kustomization.yml');
    expect([...files].sort()).toEqual(there.sort());
  });

  it.each(base.map((resource) => [`${resource.kind} ${resource.metadata.name}`, resource] as const))(
    '%s fits its schema',
    (_title, resource) => {
      const Model = models[resource.kind]!;
      expect(Model, `a schema for ${resource.kind}`).toBeDefined();
      new Model(resource as never).validate();
    },
  );

  it('a schema that is not met is noticed', () => {
    expect(() => new Deployment({ spec: { replicas: 'two' } } as never).validate()).toThrow();
    expect(() => new ScaledObject({ spec: { triggers: 'redis' } } as never).validate()).toThrow();
  });

  it('sets what the programs read', () => {
    const settings = { coordinator: describeCoordinatorSettings(), worker: describeWorkerSettings() };
    for (const [program, description] of Object.entries(settings)) {
      const { spec } = base.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === program)!;
      const own = spec!.template!.spec.containers[0]!.env!.map(({ name }) => name);
      const shared = Object.keys(base.find(({ kind }) => kind === 'ConfigMap')!.data!);
      for (const name of [...own, ...shared]) expect(description).toContain(name.replace(/_FILE$/, ''));
    }
  });

  it('scales by the queues that there are', () => {
    const { spec } = base.find(({ kind }) => kind === 'ScaledObject')!;
    const lists = spec!.triggers!.flatMap(({ metadata }) => metadata['listName'] ?? []);
    expect(lists).toEqual([`tandem:${names.tasks}:wait`, `tandem:${names.tasks}:active`]);
  });
});

describe.each(['cpu', 'gpu'])('the overlay for %s', (overlay) => {
  it('patches what the base has, into what fits its schema', async () => {
    const { resources, patches = [] } = await kustomization(`overlays/${overlay}`);
    expect(resources).toEqual(['../../base']);
    expect(patches.length).toBeGreaterThan(0);
    for (const { path } of patches) {
      const [patch] = await resourcesIn(`overlays/${overlay}/${path}`);
      const target = base.find(({ kind, metadata }) => kind === patch!.kind && metadata.name === patch!.metadata.name);
      expect(target).toBeDefined();
      const [[patched], [original]] = [patch, target].map((one) => one!.spec!.template!.spec.containers) as [
        { name: string }[],
        { name: string }[],
      ];
      // A strategic merge: the lists of containers by their names, all else of this patch by its keys.
      const container = { ...original, ...patched };
      expect(container.name).toBe(original!.name);
      const { spec } = target!;
      const pod = { ...spec!.template!.spec, ...patch!.spec!.template!.spec, containers: [container] };
      const merged = { ...target, spec: { ...spec, template: { ...spec!.template, spec: pod } } };
      new models[patch!.kind]!(merged as never).validate();
    }
  });
});

describe('the systemd units', () => {
  it.each(['coordinator', 'worker'])('of a %s run what is there', async (program) => {
    const unit = await readFile(join(root, `deploy/systemd/tandem-${program}.service`), 'utf8');
    expect(unit).toContain(`ExecStart=/usr/bin/node dist/apps/${program}/src/main.js\n`);
    const description = program === 'worker' ? describeWorkerSettings() : describeCoordinatorSettings();
    for (const [, name = ''] of unit.matchAll(/(TANDEM_\w+)=/g)) expect(description).toContain(name);
  });
});
