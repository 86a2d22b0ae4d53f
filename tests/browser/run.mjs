// What a person meets on a telephone, in a real browser: every page of the visitor's journey and of the operator's desk
// with JavaScript off, in two widths, two colour schemes and two languages, under an accessibility checker (WCAG 2.2 AA).
//
//   node run.mjs PISTE [FOLDER] [PART...]     PISTE is the binary; screenshots go to FOLDER if one is given ("" is none);
//                                             of the parts, all or those named: shipped journey elsewhere work operator hostile
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { FALLS_BACK, MAILBOXES, ignored, measured } from "./caniemail.mjs";

const [piste, shots, ...parts] = process.argv.slice(2);
const campaigns = mkdtempSync(join(tmpdir(), "piste-campaigns-"));
cpSync(join(import.meta.dirname, "../../infra/campaigns"), campaigns, { recursive: true });
const destinations = mkdtempSync(join(tmpdir(), "piste-destinations-"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const profile = mkdtempSync(join(tmpdir(), "piste-browser-"));

// ---- the system ----

async function start() {
  const child = spawn(piste, ["--port", "0", "--data", ":memory:", "--now", "2026-03-02T09:00:00Z", "--campaigns", campaigns, "--destinations", destinations, "--quiet"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PISTE_SECRET_HUBSPOT: "pat-eu1-local" },
  });
  let said = "";
  const lines = {};
  for await (const chunk of child.stdout) {
    said += chunk;
    lines.key = /operator key (\S+)\n/.exec(said)?.[1];
    lines.base = /listening on (\S+)\n/.exec(said)?.[1];
    if (lines.base && lines.key) break;
  }
  return { child, ...lines };
}

const { child, base, key } = await start();
const post = (path, body) => fetch(base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const advance = (by) => post("/local/clock", { advance: by });
const api = async (path) => (await fetch(base + path, { headers: { authorization: `Bearer ${key}`, accept: "application/json" } })).json();

/** Shows a hosted form for as long as a person needs to fill it in at least: the clock stands still otherwise (R87). */
async function openForm(page, url) {
  await page.goto(url);
  await advance("PT2S");
}

/** The latest mail to an address, and its links by the word in their path. */
async function mail(address) {
  await advance("PT1S");
  const outbox = await (await fetch(`${base}/local/outbox`)).json();
  const sent = outbox.filter((one) => one.to === address).at(-1);
  assert.ok(sent, `no mail to ${address}`);
  const html = await (await fetch(`${base}/local/outbox/${sent.id}.html`)).text();
  const links = [...html.matchAll(/href="([^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&").replaceAll("&#x3D;", "="));
  return { ...sent, link: (part) => links.find((link) => link.includes(part)) ?? assert.fail(`no ${part} in ${links}`) };
}

// ---- the browser ----

const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  javaScriptEnabled: false,
  acceptDownloads: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const checker = await browser.browser()?.newContext({ bypassCSP: true });

let passed = 0;
const failures = [];
async function test(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL ${name}\n     ${String(error.message ?? error).replaceAll("\n", "\n     ")}`);
  }
}

/** What must hold of every page, whoever looks at it with what. */
async function inspect(page, name) {
  await inspectAt(page.url(), await page.content(), name);
}

async function inspectAt(url, html, name) {
  // The very bytes of the page in a context with JavaScript, which only the checker uses.
  const look = await checker.newPage();
  await look.setContent(html);
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 1280]) {
      // The languages share layout and colours: the second one is looked at on the telephone by day and on the desk by night.
      if (name.endsWith("-en") && (width === 390) !== (colorScheme === "light")) continue;
      await look.emulateMedia({ colorScheme });
      await look.setViewportSize({ width, height: 844 });
      if (shots) await look.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      await test(`${name}: no accessibility violation at ${width} px, ${colorScheme}`, async () => {
        await look.evaluate(axe);
        const { violations } = await look.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
        const told = violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 160)}`));
        assert.deepEqual(told, []);
      });
    }
  }
  await test(`${name}: no sideways scrolling at 320 px and up, with every table open`, async () => {
    await look.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    for (const width of [320, 600, 800, 1024]) {
      await look.setViewportSize({ width, height: 640 });
      const wide = await look.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} px wide at ${width}`);
    }
  });
  await test(`${name}: targets of 24 px and more, and a focus that shows`, async () => {
    await look.setViewportSize({ width: 390, height: 844 });
    // WCAG 2.2, 2.5.8: links within a sentence are free of it.
    const small = await look.evaluate(() =>
      [...document.querySelectorAll("a, button, input, select, textarea, summary")]
        .filter((element) => element.type !== "hidden" && !element.closest(".gone"))
        .map((element) => [element, element.getBoundingClientRect()])
        .filter(([element, box]) => box.width > 0 && (box.width < 24 || box.height < 24) && !(element.tagName === "A" && element.closest("p, li") && element.parentElement.textContent.trim() !== element.textContent.trim()))
        .map(([element, box]) => `${element.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`),
    );
    assert.deepEqual(small, []);
    const stops = await look.evaluate(() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((e) => e.tabIndex >= 0 && e.getClientRects().length).length);
    const seen = new Set();
    for (let stop = 0; stop < stops + 2; stop += 1) {
      await look.keyboard.press("Tab");
      const focus = await look.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const style = getComputedStyle(element);
        return { what: element.outerHTML.slice(0, 90), hidden: !!element.closest(".gone"), outline: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2 };
      });
      if (!focus) continue;
      seen.add(focus.what);
      assert.ok(focus.outline && !focus.hidden, `no visible focus on ${focus.what}`);
    }
    assert.ok(stops === 0 || seen.size > 0, "the keyboard reaches nothing");
  });
  await look.close();
}

const words = {
  fr: { ask: "Recevoir le guide", thanks: "Le guide est en route", wrong: "corriger", confirm: "Oui, envoyez-moi les conseils", confirmed: "C’est confirmé", save: "Enregistrer", saved: "C’est enregistré", pause: "Rien pendant 30", mailMe: "M’envoyer le lien", inbox: "boîte de réception", download: "Télécharger mes données", correct: "Corriger ces réponses", corrected: "C’est corrigé", erase: "Effacer mes données", really: "Tout effacer", erased: "Vos données sont effacées", leave: "Me désinscrire", left: "C’est fait", stay: "Oui, je reste", stayed: "C’est noté", own: "Voir ou effacer mes données" },
  en: { ask: "Send me the guide", thanks: "Your guide is on its way", wrong: "attention", confirm: "Yes, send me the tips", confirmed: "You are all set", save: "Save", saved: "are saved", pause: "Nothing for 30", mailMe: "Email me the link", inbox: "Check your inbox", download: "Download my data", correct: "Correct these answers", corrected: "are corrected", erase: "Delete my data", really: "Delete everything", erased: "Your data has been deleted", leave: "Unsubscribe", left: "You’re unsubscribed", stay: "Yes, stay in touch", stayed: "stay in touch", own: "See or delete my data" },
};

async function journey(lang) {
  const say = words[lang];
  const address = `ana.${lang}@example.org`;
  const page = await browser.newPage();
  const press = (name) => page.getByRole("button", { name, exact: false }).first().click();
  const heading = async (text) => assert.match(await page.locator("body").innerText(), new RegExp(text));

  await test(`${lang}: the form comes back with what was typed, then leads to the thank-you page`, async () => {
    await openForm(page, `${base}/forms/guide-seo?lang=${lang}`);
    await inspect(page, `form-${lang}`);
    await page.fill("#f-email", "ana@");
    await page.fill("#f-first_name", "Amélie");
    await page.fill("#f-budget", "beaucoup");
    await page.fill("#f-need", "Deux lignes\nde besoin");
    await page.selectOption("#f-timing", "now");
    await page.check("#f-marketing_consent");
    await press(say.ask);
    await heading(say.wrong);
    assert.equal(await page.inputValue("#f-first_name"), "Amélie");
    assert.equal(await page.inputValue("#f-budget"), "beaucoup");
    assert.equal(await page.inputValue("#f-need"), "Deux lignes\nde besoin");
    assert.equal(await page.inputValue("#f-timing"), "now");
    assert.ok(await page.isChecked("#f-marketing_consent"));
    await inspect(page, `refused-${lang}`);
    await page.fill("#f-email", address);
    await page.fill("#f-budget", "15 000 €");
    await press(say.ask);
    await heading(say.thanks);
    assert.match(page.url(), /\/thanks/);
    await inspect(page, `thanks-${lang}`);
  });

  await test(`${lang}: the mail's button opens a page, and the page's button confirms`, async () => {
    await page.goto((await mail(address)).link("/confirm?"));
    await inspect(page, `confirm-${lang}`);
    await press(say.confirm);
    await heading(say.confirmed);
    await inspect(page, `confirmed-${lang}`);
  });

  await test(`${lang}: preferences are taken, a pause holds back the mails`, async () => {
    await advance("P3D");
    const first = await mail(address);
    await page.goto(first.link("/preferences?"));
    await inspect(page, `preferences-${lang}`);
    await page.getByLabel(say.pause).check();
    await page.locator("input[name^=topic]").first().uncheck();
    await press(say.save);
    await heading(say.saved);
    await inspect(page, `paused-${lang}`);
    await advance("P25D");
    assert.equal((await mail(address)).id, first.id, "nothing leaves during the pause");
  });

  await test(`${lang}: whoever asks for their data gets the link by mail, known or not`, async () => {
    await openForm(page, `${base}/forms/guide-seo?lang=${lang}`);
    await page.getByRole("link", { name: say.own }).click();
    await inspect(page, `ask-${lang}`);
    await page.fill("#f-email", "nobody@example.org");
    await press(say.mailMe);
    const told = await page.locator("main").innerText();
    await page.goBack();
    await page.fill("#f-email", address);
    await press(say.mailMe);
    await heading(say.inbox);
    assert.equal(await page.locator("main").innerText(), told);
    await page.goto((await mail(address)).link("/my-data?t="));
    await heading("Amélie");
    await inspect(page, `my-data-${lang}`);
  });

  await test(`${lang}: their data are taken away, corrected and erased`, async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), press(say.download)]);
    const held = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.equal(held.schema_version, 2);
    assert.equal(held.email, address);
    assert.equal(held.answers.first_name, "Amélie");
    await page.getByRole("link", { name: say.correct }).click();
    await inspect(page, `correct-${lang}`);
    await page.fill("#f-first_name", "Amandine");
    await press(say.save);
    await heading(say.corrected);
    await heading("Amandine");
    await page.getByRole("link", { name: say.erase }).click();
    await inspect(page, `erase-${lang}`);
    const { leads } = await api(`/api/leads?q=${encodeURIComponent(address)}`);
    assert.equal(leads.length, 1, "the page alone erases nothing");
    await press(say.really);
    await heading(say.erased);
    await inspect(page, `erased-${lang}`);
    assert.deepEqual((await api(`/api/leads?q=${encodeURIComponent(address)}`)).leads, []);
  });

  await test(`${lang}: leaving takes one press`, async () => {
    const other = `bob.${lang}@example.org`;
    await openForm(page, `${base}/forms/guide-seo?lang=${lang}`);
    await page.fill("#f-email", other);
    await page.check("#f-marketing_consent");
    await press(say.ask);
    await page.goto((await mail(other)).link("/confirm?"));
    await press(say.confirm);
    await advance("P5D");
    await page.goto((await mail(other)).link("/unsubscribe?"));
    await inspect(page, `unsubscribe-${lang}`);
    await press(say.leave);
    await heading(say.left);
    await inspect(page, `left-${lang}`);
  });

  await test(`${lang}: before the end of the retention people are asked, and one press keeps them`, async () => {
    const other = `cy.${lang}@example.org`;
    await openForm(page, `${base}/forms/guide-seo?lang=${lang}`);
    await page.fill("#f-email", other);
    await page.check("#f-marketing_consent");
    await press(say.ask);
    await page.goto((await mail(other)).link("/confirm?"));
    await press(say.confirm);
    // Season by season: somebody's open case is told of each morning, and no request should last for minutes.
    for (let season = 0; season < 10; season += 1) await advance("P107D");
    const question = await mail(other);
    assert.equal(question.step, "stay");
    await page.goto(question.link("/preferences?"));
    await inspect(page, `stay-${lang}`);
    await press(say.stay);
    await heading(say.stayed);
    await advance("P60D");
    assert.equal((await api(`/api/leads?q=${encodeURIComponent(other)}`)).leads.length, 1, "who answered is kept");
  });

  await test(`${lang}: errors are pages too`, async () => {
    await page.goto(`${base}/confirm?t=x&lang=${lang}`);
    await inspect(page, `bad-link-${lang}`);
    await page.goto(`${base}/forms/nothing?lang=${lang}`);
    await inspect(page, `no-form-${lang}`);
  });
  await page.close();
}

// ---- a form on a page elsewhere ----

/** A site of its own origin, whose pages load the snippet and post here by their form's action. */
async function elsewhere() {
  const page = (snippet) => `<!doctype html><title>Shop</title><script src="${base}/forms/guide-seo/snippet.js${snippet}"></script>
    <a href="/contact">contact</a>
    <form method="post" action="${base}/forms/guide-seo"><input name="action" value="contact"><input name="your-email" value=""><textarea name="message">Bonjour</textarea><button>Send</button></form>
    <form method="post" action="/other" id="other"><input name="q" value="1"><button>Other</button></form>`;
  let other = "";
  const server = createServer((request, response) => {
    if (request.method === "POST") request.on("data", (chunk) => (other += chunk));
    response.writeHead(200, { "content-type": "text/html" }).end(page(request.url.startsWith("/none") ? "?storage=none" : ""));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const site = `http://127.0.0.1:${server.address().port}`;
  const file = join(campaigns, "guide-seo/campaign.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace("origins = [", `origins = ["${site}", `));
  const context = await checker.browser().newContext({ timezoneId: "America/Montreal", userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36" });
  const tab = await context.newPage();
  const visits = async () => (await api("/api/report?campaign=guide-seo")).visitors ?? 0;
  const touch = async (address) => {
    const { leads } = await api(`/api/leads?q=${encodeURIComponent(address)}`);
    return (await api(`/api/leads/${leads[0].id}`)).enquiries.at(-1);
  };
  const send = async (address) => {
    await tab.fill("input[name=your-email]", address);
    await tab.getByRole("button", { name: "Send" }).click();
    await tab.waitForURL(/thanks/);
  };
  await test("snippet: first and last source, clicks, landing page and zone come with the post of a plain form", async () => {
    const before = await visits();
    await tab.goto(`${site}/landing?utm_source=newsletter&utm_campaign=spring&x=1`);
    await tab.goto(`${site}/again?utm_source=google&gclid=Cj0KCQ_a-b`);
    await tab.click("a");
    await send("shop@example.org");
    const said = await touch("shop@example.org");
    assert.deepEqual(
      { ...said.touch, page: undefined },
      { source: "google", gclid: "Cj0KCQ_a-b", first_source: "newsletter", first_campaign: "spring", landing: `${site}/landing`, page: undefined },
    );
    assert.deepEqual(said.other, { action: "contact", message: "Bonjour" });
    assert.deepEqual(await context.cookies(), []);
    assert.equal((await visits()) - before, 1, "one visit of one tab");
  });
  await test("snippet: other forms are left alone, and with storage=none nothing is kept", async () => {
    await tab.goto(`${site}/landing?utm_source=x`);
    await tab.click("#other button");
    await tab.waitForURL(/other/);
    assert.ok(!other.includes("utm") && other.includes("q=1"), other);
    const fresh = await context.newPage();
    await fresh.goto(`${site}/none?utm_source=mail&fbclid=IwAR1`);
    assert.equal(await fresh.evaluate(() => sessionStorage.length + localStorage.length), 0);
    await fresh.fill("input[name=your-email]", "none@example.org");
    await fresh.getByRole("button", { name: "Send" }).click();
    await fresh.waitForURL(/thanks/);
    const { touch: known } = await touch("none@example.org");
    assert.deepEqual([known.source, known.fbclid, known.landing], ["mail", "IwAR1", `${site}/none`]);
  });
  await context.close();
  server.close();
}

// ---- a form that asks for a proof of work ----

/** With JavaScript the hosted form finds its proof by itself, also after it came back; without, the enquiry is held. */
async function atWork() {
  const file = join(campaigns, "guide-seo/campaign.toml");
  const usual = readFileSync(file, "utf8");
  writeFileSync(file, usual.replace("[sender]\n", "[protect]\nproof_of_work = true\n\n[sender]\n"));
  const asks = async () => (await (await fetch(`${base}/forms/guide-seo`)).text()).includes('name="altcha"');
  for (let tries = 0; !(await asks()); tries += 1) {
    assert.ok(tries < 100, "a saved file counts within a second");
    await new Promise((again) => setTimeout(again, 50));
  }
  const context = await checker.browser().newContext();
  const held = async () => (await api("/api/quarantine")).posts.map((post) => [post.email, post.reasons.map((reason) => reason.code)]);
  for (const [name, page, expected] of [
    ["the hosted form works by itself and its script is allowed", await context.newPage(), []],
    ["without JavaScript the enquiry is held", await browser.newPage(), [["still@example.org", ["no_proof"]]]],
  ]) {
    await test(`proof of work: ${name}`, async () => {
      const refused = [];
      page.on("console", (line) => line.type() === "error" && refused.push(line.text()));
      await openForm(page, `${base}/forms/guide-seo?lang=en`);
      await page.fill("#f-email", "ana@");
      await page.getByRole("button", { name: words.en.ask }).click();
      await page.getByText(words.en.wrong).first().waitFor();
      await page.fill("#f-email", expected.length ? "still@example.org" : "worker@example.org");
      await page.getByRole("button", { name: words.en.ask }).click();
      await page.waitForURL(/thanks/);
      assert.deepEqual(await held(), expected);
      assert.deepEqual(refused.filter((line) => /Content Security Policy/.test(line)), []);
    });
    await page.close();
  }
  await context.close();
  writeFileSync(file, usual);
}

// ---- the other two campaigns that ship ----

const others = {
  fr: { signUp: "M’inscrire", once: "Encore une étape", confirm: "Confirmer mon inscription", subscribed: "Inscription confirmée", send: "Envoyer ma demande", sent: "Votre demande est envoyée", own: "Oui, c’est ma demande", isOwn: "C’est confirmé", other: "en" },
  en: { signUp: "Sign up", once: "One more step", confirm: "Confirm my subscription", subscribed: "You’re subscribed", send: "Send my request", sent: "Your request has been sent", own: "Yes, this is my request", isOwn: "Confirmed", other: "fr" },
};

async function shipped(lang) {
  const say = others[lang];
  const address = `dan.${lang}@example.org`;
  const page = await browser.newPage();
  const press = (name) => page.getByRole("button", { name, exact: true }).click();
  const heading = async (text) => assert.equal(await page.locator("h1").first().innerText(), text);

  await test(`${lang}: a newsletter takes an address, a box and one more press`, async () => {
    await openForm(page, `${base}/forms/newsletter?lang=${lang}`);
    await inspect(page, `newsletter-${lang}`);
    await page.fill("#f-email", address);
    await page.check("#f-marketing_consent");
    await press(say.signUp);
    await heading(say.once);
    await inspect(page, `newsletter-thanks-${lang}`);
    await page.goto((await mail(address)).link("/confirm?"));
    await inspect(page, `newsletter-confirm-${lang}`);
    await press(say.confirm);
    await heading(say.subscribed);
    assert.equal((await mail(address)).step, "welcome");
  });

  await test(`${lang}: a quote takes a telephone number alone`, async () => {
    await openForm(page, `${base}/forms/quote-request?lang=${lang}`);
    await inspect(page, `quote-${lang}`);
    await page.fill("#f-phone", "01 99 00 12 34");
    await press(say.send);
    await heading(say.sent);
    await inspect(page, `quote-thanks-${lang}`);
    const { leads } = await api("/api/leads?campaign=quote-request&stage=mql");
    assert.deepEqual(leads.map((lead) => [lead.phone, lead.email]), [["+33199001234", null]]);
  });

  await test(`${lang}: a request that differs is confirmed by whoever it comes from`, async () => {
    await openForm(page, `${base}/forms/quote-request?lang=${say.other}`);
    await page.fill("#f-email", address);
    await page.fill("#f-first_name", "Dan");
    await press(others[say.other].send);
    await page.goto((await mail(address)).link("/confirm?"));
    await inspect(page, `own-${lang}`);
    await press(say.own);
    await heading(say.isOwn);
    await inspect(page, `own-confirmed-${lang}`);
  });
  await page.close();
}

// ---- the operator's desk ----

/** One report of another system, signed (Standard Webhooks). */
async function trigger(id, body) {
  const { secret } = await (await fetch(`${base}/local/triggers`)).json();
  const at = Math.floor(Date.parse((await (await fetch(`${base}/local/clock`)).json()).now) / 1000);
  const text = JSON.stringify(body);
  const mac = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64")).update(`${id}.${at}.${text}`).digest("base64");
  const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": `${at}`, "webhook-signature": `v1,${mac}` };
  const answer = await fetch(`${base}/triggers/demo`, { method: "POST", headers, body: text });
  assert.equal(answer.status, 202, await answer.text());
}

const HOT = { company_size: "50-249", budget: "15000", need: "Refondre notre site et être trouvés", timing: "now", marketing_consent: "on" };

/** Leads of three weeks, some far down the funnel. */
async function seed() {
  const { now } = await (await fetch(`${base}/local/clock`)).json();
  const spend = (source, euros) => `[[spend]]\nmonth = "${now.slice(0, 7)}"\nsource = "${source}"\neuros = ${euros}\n`;
  appendFileSync(join(campaigns, "guide-seo/campaign.toml"), spend("google", "450.00") + spend("salon", "1200"));
  const pick = (list, n) => list[n % list.length];
  for (let n = 0; n < 36; n += 1) {
    const email = `prospect.${n}@societe-${n % 7}.example`;
    const hot = n % 3 === 0;
    await post("/forms/guide-seo", {
      email,
      first_name: pick(["Léa", "Hugo", "Inès", "Paul"], n),
      last_name: pick(["Martin", "Bernard de la Villardière", "Roy"], n),
      company: pick(["Atelier Dubois", "Menuiserie et Charpente de la Vallée de l’Ubaye", "Nord Conseil"], n),
      utm_source: pick(["google", "linkedin", "lettre-d-information-de-septembre", ""], n),
      ...(hot ? { ...HOT, sector: "saas" } : {}),
    });
    if (n % 5 === 0) await trigger(`msg_${n}`, { type: "visit", email, data: { about: "https://www.example.com/tarifs" } });
    if (n % 2 === 0) await advance("PT14H");
  }
  const { leads } = await api("/api/leads?stage=mql");
  const move = (lead, to) => fetch(`${base}/api/leads/${lead.id}/stage`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ to, reason: "Rendez-vous pris" }) });
  for (const lead of leads.slice(0, 5)) assert.equal((await move(lead, "sql")).status, 200);
  for (const lead of leads.slice(0, 2)) assert.equal((await move(lead, "customer")).status, 200);
}

async function operator(lang) {
  const page = await browser.newPage({ locale: lang });
  await page.setExtraHTTPHeaders({ "accept-language": lang });
  const body = () => page.locator("body").innerText();
  const look = async (path, name) => {
    const answer = await page.goto(base + path);
    await inspect(page, `${name}-${lang}`);
    return answer.status();
  };

  await test(`${lang}: the console opens with the key alone`, async () => {
    await look("/console/login", "login");
    await page.locator("input[type=password]").fill("wrong");
    await page.locator("main button[type=submit], form button").first().click();
    await inspect(page, `login-refused-${lang}`);
    await page.locator("input[type=password]").fill(key);
    await page.locator("form button").first().click();
    assert.match(page.url(), /\/console$/);
    await inspect(page, `home-${lang}`);
    await look("/console/leads", "leads");
  });

  await test(`${lang}: every page of the desk`, async () => {
    const { leads } = await api("/api/leads?stage=sql");
    const [mql] = (await api("/api/leads?stage=mql")).leads;
    assert.equal(await look(`/console/leads/${leads[0].id}`, "lead-sql"), 200);
    assert.equal(await look(`/console/leads/${mql.id}`, "lead-mql"), 200);
    assert.equal(await look("/console/leads?stage=mql&q=prospect", "leads-found"), 200);
    assert.equal(await look("/console/leads?call=now", "calls"), 200);
    assert.equal(await look("/console/leads/add?campaign=guide-seo", "add"), 200);
    assert.equal(await look("/console/users", "users"), 200);
    assert.equal(await look("/console/report", "report"), 200);
    assert.equal(await look("/console/report?visitors=1500&from=2026-03-01", "report-month"), 200);
    assert.equal(await look("/console/report?visitors=many", "report-refused"), 400);
    assert.match(await body(), lang === "fr" ? /nombre entier/ : /whole number/);
    assert.equal(await look("/console/retention", "retention"), 200);
    await post("/forms/guide-seo", { email: `bot.${lang}@example.org`, need: "Un devis", _gotcha: "x" });
    assert.equal(await look("/console/quarantine", "quarantine"), 200);
    assert.match(await body(), /bot\./);
    assert.equal(await look("/console/sending", "sending"), 200);
    assert.equal(await look("/console/leads/nobody", "no-lead"), 404);
    assert.equal(await look("/calculator", "calculator"), 200);
    assert.equal(await look("/calculator?visitors=500&leads=35&sql=8&sector=agency&spend=700", "calculated"), 200);
    assert.match(await body(), lang === "fr" ? /22,9\s%/ : /22\.9%/);
    assert.equal(await look("/calculator?leads=many", "calculator-refused"), 400);
    for (const door of ["", "local/outbox", "local/clock", "local/triggers"]) assert.equal(await look(`/${door}`, `local-${door.split("/").at(-1) || "home"}`), 200);
  });

  await test(`${lang}: on a telephone the first lead is seen without scrolling, and the first call at once`, async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [path, most] of [["/console/leads", 844 - 60], ["/console/leads?call=now", 500]]) {
      await page.goto(base + path);
      const box = await page.locator("tbody tr th a").first().boundingBox();
      assert.ok(box.y + box.height < most, `${path}: the first lead ends at ${Math.round(box.y + box.height)} px`);
    }
  });

  await test(`${lang}: an address as a title scrolls nowhere`, async () => {
    const email = `une.adresse.beaucoup.plus.longue.que.les.autres.${lang}@sous-domaine.de.la.societe-des-noms-interminables.example`;
    await post("/forms/guide-seo", { email });
    const { leads } = await api(`/api/leads?q=${encodeURIComponent(email)}`);
    assert.equal(await look(`/console/leads/${leads[0].id}`, "lead-long"), 200);
    assert.equal(await look("/console/leads?q=interminables", "leads-long"), 200);
  });

  await test(`${lang}: several leads are given to somebody by ticking them`, async () => {
    await page.goto(`${base}/console/leads?stage=lead`);
    const boxes = page.locator("td.tick input");
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.locator("button[value=assign]").click();
    assert.match(page.url(), /\/console\/leads\?stage=lead&done=2$/);
    await page.locator("td.tick input").first().check();
    await page.locator("button[value=erase]").click();
    await inspect(page, `erase-leads-${lang}`);
    assert.match(await body(), lang === "fr" ? /Effacer 1 personne/ : /Delete 1 person/);
  });

  await test(`${lang}: the alert's link opens a page, and the page's button notes the outcome`, async () => {
    // Leads are shared out: some are told in the other language.
    const owner = lang === "fr" ? "camille@example.com" : "alex@example.com";
    const all = async () => (await fetch(`${base}/local/outbox`)).json();
    // The clock moved on since earlier ones: their buttons are over.
    const known = new Set((await all()).map((one) => one.id));
    let alert;
    for (let n = 0; !alert && n < 20; n += 1) {
      await post("/forms/guide-seo", { ...HOT, sector: "industry", email: `appel.${n}.${lang}@example.org`, first_name: "Jeanne" });
      await advance("PT1S");
      alert = (await all()).findLast((one) => !known.has(one.id) && one.step === "alert" && one.to === owner);
    }
    const html = await (await fetch(`${base}/local/outbox/${alert.id}.html`)).text();
    const links = [...html.matchAll(/href="([^"]+\/sales\?[^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&").replaceAll("&#x3D;", "="));
    assert.equal(links.length, 2);
    await look(links[0].replace(base, ""), "sales");
    await page.getByRole("radio").first().check();
    await page.getByRole("button").first().click();
    assert.match(await body(), lang === "fr" ? /C’est noté/ : /Logged/);
    await inspect(page, `sales-done-${lang}`);
    await look(links[0].replace(base, ""), "sales-over");
    await look(links[1].replace(base, ""), "sales-today");
  });
  await page.close();
}

/** Where leads are sent on to: no destination yet, then one that refuses a field and one whose secret nobody stored. */
async function sentOn() {
  const page = await browser.newPage();
  const body = () => page.locator("body").innerText();
  const look = async (lang, path, name) => {
    await page.setExtraHTTPHeaders({ "accept-language": lang });
    const answer = await page.goto(base + path);
    await inspect(page, `${name}-${lang}`);
    assert.equal(answer.status(), 200, path);
  };
  const each = async (path, name, words) => {
    for (const lang of ["fr", "en"]) {
      await look(lang, path, name);
      assert.match(await body(), words[lang]);
    }
  };
  const ask = async (name) => (await api(`/api/deliveries?destination=${name}`)).deliveries;
  await test("destinations: an empty page says how to add one", () =>
    each("/console/destinations", "destinations-none", { fr: /docs\/transmettre\.md/, en: /docs\/destinations\.md/ }));
  await test("destinations: their state and their deliveries in words, and a replay", async () => {
    const fields = ["piste_lead_id = { from = \"id\" }", "email = { from = \"email\" }", "piste_field_that_nobody_created_there_yet = { from = \"grade\" }"];
    writeFileSync(join(destinations, "hubspot.toml"), ["kind = \"hubspot\"", `url = "${base}/local/crm/hubspot"`, "notify = [\"ops@example.com\"]", "[fields]", ...fields, ""].join("\n"));
    writeFileSync(join(destinations, "our-own-warehouse.toml"), "kind = \"webhook\"\nurl = \"https://hooks.example.org/piste\"\n");
    for (let n = 0; n < 50 && (await api("/api/destinations")).destinations.length < 2; n += 1) await advance("PT1S");
    await post("/forms/guide-seo", { ...HOT, email: "suivie@example.org", first_name: "Suivie" });
    await advance("PT2S");
    await each("/console/destinations", "destinations", { fr: /Rejouer[\s\S]*secret manque[\s\S]*Relancer/, en: /Replay[\s\S]*secret is missing[\s\S]*Resume/ });
    await each("/console/deliveries", "deliveries", { fr: /attend sa destination/, en: /waits for its destination/ });
    await each("/console/deliveries?destination=hubspot&state=set_aside", "deliveries-aside", { fr: /mise de côté[\s\S]*refusé/, en: /set aside[\s\S]*refused/ });
    const [aside] = await ask("hubspot");
    await each(`/console/leads/${aside.lead}`, "lead-deliveries", { fr: /Transmissions/, en: /Deliveries/ });
    await look("en", "/console/deliveries?destination=hubspot&state=set_aside", "deliveries-before");
    await page.getByRole("button", { name: /^Replay/ }).first().click();
    assert.match(page.url(), /destination=hubspot&state=set_aside/);
    await page.goto(`${base}/console/destinations`);
    await page.getByRole("button", { name: "Pause hubspot" }).click();
    assert.match(await body(), /Somebody paused it/);
    const [told] = (await (await fetch(`${base}/local/outbox`)).json()).filter((one) => one.to === "ops@example.com");
    assert.equal(told?.class, "alert");
  });
  await page.close();
}

// ---- what visitors type, on the operator's screen ----

/** With JavaScript on, and with the pages' own policy: nothing that somebody typed runs, opens or loads anything (R96). */
async function hostile() {
  const typed = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    "</title></textarea></style><iframe srcdoc='<script>alert(4)</script>'>",
    "javascript:alert(5)",
    "<a href=javascript:alert(6) autofocus onfocus=alert(6)>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(7)'>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "${alert(8)}{{constructor.constructor('alert(9)')()}}",
    "&lt;script&gt;alert(10)&lt;/script&gt;",
  ];
  await test("hostile names and answers are text on every page of the console: no dialog, no report of the policy", async () => {
    const ids = [];
    for (const [place, text] of typed.entries()) {
      const email = `hostile.${place}@example.org`;
      await post("/forms/guide-seo", { ...HOT, email, first_name: text.slice(0, 60), last_name: text.slice(0, 60), company: text, need: text, utm_source: text, other: text });
      const { leads } = await api(`/api/leads?q=${encodeURIComponent(email)}`);
      assert.equal(leads.length, 1, text);
      ids.push(leads[0].id);
    }
    await advance("PT1S");
    const context = await checker.browser().newContext({ extraHTTPHeaders: { "accept-language": "en" } });
    const tab = await context.newPage();
    const wrong = [];
    tab.on("dialog", (dialog) => (wrong.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
    tab.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
    tab.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
    tab.on("request", (request) => request.url().startsWith(base) || request.url().startsWith("data:") || wrong.push(`request: ${request.url()}`));
    await tab.goto(`${base}/console/login`);
    await tab.locator("input[type=password]").fill(key);
    await tab.locator("form button").first().click();
    await tab.waitForURL(/\/console$/);
    for (const path of ["/console", "/console/leads", "/console/leads?call=now", "/console/leads?q=hostile", "/console/report", "/console/quarantine", "/local/outbox", ...ids.map((id) => `/console/leads/${id}`)]) {
      await tab.goto(base + path, { waitUntil: "load" });
      assert.equal(await tab.locator("script, iframe, img, svg[onload], [onerror], [onfocus], meta[http-equiv], a[href^='javascript']").count(), 0, path);
    }
    for (const [place, id] of ids.entries()) {
      await tab.goto(`${base}/console/leads/${id}`);
      assert.ok((await tab.locator("body").textContent()).includes(typed[place]), `shown as typed: ${typed[place]}`);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

/** Every email of two weeks in every shipped campaign uses what the mailboxes show, or what they can do without (caniemail.com). */
async function mailboxes() {
  // A system of its own: two weeks of everybody else's emails would take longer than all the rest.
  const own = await start();
  const ask = (path, body) => fetch(own.base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const outbox = async () => (await fetch(`${own.base}/local/outbox`)).json();
  const page = async (one) => (await fetch(`${own.base}/local/outbox/${one.id}.html`)).text();
  try {
    for (const form of ["guide-seo", "newsletter", "quote-request"]) {
      const answer = await ask(`/forms/${form}`, { email: `boxes-${form}@example.org`, first_name: "Anne", company: "Example", phone: "0612345678", need: "A new site", budget: 50000, marketing_consent: true });
      assert.equal(answer.status, 202);
    }
    await ask("/local/clock", { advance: "PT2M" });
    for (const one of await outbox()) {
      const confirm = [...(await page(one)).matchAll(/href="([^"]+\/confirm[^"]*)"/g)].map((found) => new URL(found[1].replaceAll("&amp;", "&").replaceAll("&#x3D;", "=")))[0];
      if (confirm) await fetch(confirm, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: confirm.search.slice(1) });
    }
    for (let day = 0; day < 16; day += 1) await ask("/local/clock", { advance: "P1D" });
    const sent = await outbox();
    const found = new Map();
    let least = Infinity;
    let heaviest = 0;
    for (const one of sent) {
      const html = await page(one);
      least = Math.min(least, measured(html));
      heaviest = Math.max(heaviest, html.length);
      for (const [name, where] of ignored(html)) found.set(name, where);
    }
    await test(`mailboxes: ${sent.length} emails use nothing that ${MAILBOXES.join(", ")} ignore without a way to do without it`, () => {
      assert.ok(sent.length > 20 && least > 20, `${sent.length} emails, ${least} features that were measured`);
      assert.deepEqual([...found.keys()].filter((name) => !(name in FALLS_BACK)), []);
      assert.deepEqual(Object.keys(FALLS_BACK).filter((name) => !found.has(name)), [], "listed and no longer so");
    });
    await test("mailboxes: no email is above 60 KB", () => assert.ok(heaviest < 60_000, `${heaviest} bytes`));
  } finally {
    own.child.kill("SIGINT");
  }
}

if (shots) mkdirSync(shots, { recursive: true });
try {
  const runs = (part) => parts.length === 0 || parts.includes(part);
  if (runs("shipped")) for (const lang of ["fr", "en"]) await shipped(lang);
  if (runs("journey")) for (const lang of ["fr", "en"]) await journey(lang);
  if (runs("elsewhere")) await elsewhere();
  if (runs("work")) await atWork();
  if (runs("operator")) {
    await seed();
    for (const lang of ["fr", "en"]) await operator(lang);
  }
  if (runs("sent")) await sentOn();
  if (runs("hostile")) await hostile();
  if (runs("mailboxes")) await mailboxes();
} finally {
  await browser.close();
  child.kill("SIGINT");
  for (const folder of [profile, campaigns, destinations]) rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);
