/** What a person consented to once: a setting of JupyterLab, so that it can be taken back there. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

import type { Consent } from '../run/start';

const KEY = 'saveBeforeRun';

/** Return the consent that the settings remember, read after `when`; without settings it lasts as long as the page. */
export function rememberedConsent(
  settings: ISettingRegistry | null,
  plugin: string,
  when: Promise<unknown>
): Consent {
  let saves = false;
  const read = async (): Promise<void> => {
    await when;
    const loaded = await settings!.load(plugin);
    const take = (): void => {
      saves = loaded.get(KEY).composite === true;
    };
    take();
    loaded.changed.connect(take);
  };
  if (settings !== null) {
    void read().catch(() => undefined); // settings that cannot be read mean that it is asked again
  }
  return {
    get saves(): boolean {
      return saves;
    },
    set saves(value: boolean) {
      saves = value;
      void settings?.set(plugin, KEY, value).catch(() => undefined);
    }
  };
}
