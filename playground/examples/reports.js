/**
 * Short rows → the reports of scanners, as they write them. Examples are read before they are run, so each says only what matters.
 *
 * A row: `CVE-2024-3094 critical liblzma5 5.6.0-0.2 -> 5.6.1 cvss=10.0 epss=0.94 kev fixed=2026-11-01 vex=not_affected`.
 * Of a package of npm or Maven the name is written with its type: `npm/ejs`, `maven/org.apache.logging.log4j:log4j-core`.
 */

/** @typedef {ReturnType<typeof row>} Row */

/** @param {string} line */
function row(line) {
  const [id, severity, written, installed, ...rest] = line.trim().split(/\s+/);
  const [type, name] = written.includes('/') ? [written.slice(0, written.indexOf('/')), written.slice(written.indexOf('/') + 1)] : ['deb', written];
  const fixed = rest[0] === '->' ? rest[1] : null;
  const value = (/** @type {string} */ key) => rest.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  return { id, severity, type, name, installed, fixed, cvss: value('cvss'), epss: value('epss'), kev: rest.includes('kev'), since: value('fixed'), vex: value('vex') };
}

/** @param {string} lines */
function rows(lines) {
  return lines.trim().split('\n').map(row);
}

/** @param {any} value */
const written = (value) => `${JSON.stringify(value, null, 2)}\n`;

/**
 * As `trivy image --format json` writes it.
 *
 * @param {{ image: string, at: string, os?: { Family: string, Name: string, EOSL?: boolean } }} about
 * @param {string} lines
 */
export function trivy({ image, at, os = { Family: 'debian', Name: '12.8' } }, lines) {
  const all = rows(lines);
  const groups = [
    { Target: `${image} (${os.Family} ${os.Name})`, Class: 'os-pkgs', Type: os.Family, of: ['deb'] },
    { Target: 'Node.js', Class: 'lang-pkgs', Type: 'node-pkg', of: ['npm'] },
    { Target: 'Java', Class: 'lang-pkgs', Type: 'jar', of: ['maven'] },
  ];
  const results = groups.map(({ of, ...group }, i) => {
    const here = all.filter((each) => of.includes(each.type));
    const set = here.filter((each) => each.vex);
    return {
      isThere: i === 0 || here.length > 0,
      result: {
        ...group,
        Vulnerabilities: here.filter((each) => !each.vex).map(ofTrivy),
        ...(set.length > 0 ? { ExperimentalModifiedFindings: set.map((each) => ({ Type: 'vulnerability', Status: each.vex, Source: 'shop.openvex.json', Finding: ofTrivy(each) })) } : {}),
      },
    };
  });
  return written({
    SchemaVersion: 2,
    Trivy: { Version: '0.69.3' },
    CreatedAt: at,
    ArtifactName: image,
    ArtifactType: 'container_image',
    Metadata: { OS: os, ImageConfig: { architecture: 'amd64', os: 'linux' } },
    Results: results.filter(({ isThere }) => isThere).map(({ result }) => result),
  });
}

/** @param {Row} each */
function ofTrivy({ id, severity, name, installed, fixed, cvss }) {
  return {
    VulnerabilityID: id,
    PkgName: name,
    InstalledVersion: installed,
    ...(fixed ? { FixedVersion: fixed, Status: 'fixed' } : { Status: 'affected' }),
    Severity: severity.toUpperCase(),
    ...(cvss ? { CVSS: { nvd: { V3Score: Number(cvss) } } } : {}),
  };
}

/**
 * As `grype IMAGE --output json` writes it: it knows EPSS scores, the KEV catalogue and since when a fix is available.
 *
 * @param {{ image: string, at: string }} about
 * @param {string} lines
 */
export function grype({ image, at }, lines) {
  return written({
    matches: rows(lines).map(ofGrype),
    source: { type: 'image', target: { userInput: image, architecture: 'amd64', os: 'linux' } },
    distro: { name: 'debian', version: '12', idLike: [] },
    descriptor: { name: 'grype', version: '0.104.0', timestamp: at, db: { status: { schemaVersion: 'v6.1.3', built: at, valid: true } } },
  });
}

/** @param {Row} each */
function ofGrype({ id, severity, type, name, installed, fixed, cvss, epss, kev, since }) {
  const kinds = /** @type {Record<string, string>} */ ({ deb: 'deb', npm: 'npm', maven: 'java-archive' });
  const purls = /** @type {Record<string, string>} */ ({ deb: `pkg:deb/debian/${name}@${installed}`, npm: `pkg:npm/${name}@${installed}`, maven: `pkg:maven/${name.replace(':', '/')}@${installed}` });
  return {
    vulnerability: {
      id,
      severity: severity[0].toUpperCase() + severity.slice(1),
      cvss: cvss ? [{ version: '3.1', metrics: { baseScore: Number(cvss) } }] : [],
      epss: epss ? [{ cve: id, epss: Number(epss), date: '2026-11-20' }] : [],
      ...(kev ? { knownExploited: [{ cve: id }] } : {}),
      fix: fixed
        ? { versions: [fixed], state: 'fixed', ...(since ? { available: [{ version: fixed, date: since, kind: 'first-observed' }] } : {}) }
        : { versions: [], state: 'not-fixed' },
    },
    artifact: { name, version: installed, type: kinds[type], locations: [], purl: purls[type] },
  };
}
