/** Chapter 1: the adaptor's ConfigMap. */
import { decodeInitdata } from '#initdata';
import type { Story } from './story.ts';

export function tellConfigMap(story: Story, initdata: string): Readonly<Record<string, string>> {
  story.chapter(1, 'peer-pods-cm: the worker’s configuration');
  const data = { PEERPODS_LIMIT_PER_NODE: '10', VXLAN_PORT: '9000', INITDATA: initdata };
  story.screen(
    [
      'kind: ConfigMap',
      'metadata: {name: peer-pods-cm, namespace: openshift-sandboxed-containers-operator}',
      'data:',
      `  PEERPODS_LIMIT_PER_NODE: "${data.PEERPODS_LIMIT_PER_NODE}"`,
      `  VXLAN_PORT: "${data.VXLAN_PORT}"`,
      `  INITDATA: ${initdata.slice(0, 56)}... (${initdata.length} characters)`,
    ].join('\n'),
  );
  const policy = decodeInitdata(initdata).data.get('policy.rego') ?? '';
  story.tell('INITDATA is base64(gzip(TOML)); its policy.rego is the OpenShift default:');
  const denied = policy.split('\n').filter((line) => line.includes(' := false'));
  story.screen(denied.join('\n'));
  story.equal('it denies exec and reading logs, and nothing else', denied, [
    'default ExecProcessRequest := false',
    'default ReadStreamRequest := false',
  ]);
  return data;
}
