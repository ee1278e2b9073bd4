import { statfsSync } from "node:fs";

/** f_type values of statfs(2) where a kernel lock may not reach the other writers. */
const remoteFileSystems: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x01021997, // 9p
  0x65735546, // FUSE, virtiofs
  0x5346414f, // AFS
  0x00c36400, // Ceph
  0x19830326, // FhGFS/BeeGFS
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x7461636f, // OCFS2
  0x01161970, // GFS2
  0x786f4256, // VirtualBox shared folder
]);

/** Whether only processes of this machine reach what is in a folder. */
export function isLocal(folder: string): boolean {
  if (process.platform === "win32") return !folder.startsWith("\\\\");
  return !remoteFileSystems.has(statfsSync(folder).type >>> 0);
}
