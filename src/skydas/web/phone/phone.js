// The page for phones: one press sends time, place and direction; words and a photo follow if there is time.
import { Queue, send } from "/report/queue.js";
import { WORDS, text } from "/report/words.js";

const PHOTO_EDGE_MAX = 1600; // pixels; drawing it anew also leaves out where and with what it was taken
const COMPASS_FRESH_MS = 2000;
const OWN_KEY = "skydas-reporter";
const LANGUAGE_KEY = "skydas-language";

const at = (id) => document.getElementById(id);
const state = { language: chosenLanguage(), fix: null, compass: null, last: null };
const queue = new Queue(showWaiting, (why) => say("refused", why));

function chosenLanguage() {
  const wanted = localStorage.getItem(LANGUAGE_KEY) || navigator.language.slice(0, 2);
  return wanted in WORDS ? wanted : "en";
}

function say(key, ...values) {
  at("said").textContent = key ? text(state.language, key, ...values) : "";
}

function speak(language) {
  state.language = language;
  localStorage.setItem(LANGUAGE_KEY, language);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(language, element.dataset.text);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  showPlace();
  showHeading();
  showWaiting(queue.reports().length);
}

// A name that the device makes up for itself, so that its reports can be told from others'.
function own() {
  let name = localStorage.getItem(OWN_KEY);
  if (!name) {
    name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (octet) => octet.toString(16).padStart(2, "0")).join("");
    localStorage.setItem(OWN_KEY, name);
  }
  return name;
}

function typed(id) {
  const value = Number(at(id).value.replace(",", "."));
  return at(id).value.trim() && Number.isFinite(value) ? value : null;
}

function place() {
  const latitude = typed("latitude");
  const longitude = typed("longitude");
  if (latitude !== null && longitude !== null) return { latitude, longitude };
  return state.fix;
}

function showPlace() {
  at("place").textContent = state.fix
    ? text(state.language, "located", Math.round(state.fix.accuracy))
    : text(state.language, "no_place");
}

function locate() {
  if (!navigator.geolocation) {
    say("denied");
    return;
  }
  navigator.geolocation.watchPosition(
    ({ coords }) => {
      state.fix = { latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy };
      showPlace();
    },
    () => say("denied"),
    { enableHighAccuracy: true, maximumAge: 30000 },
  );
}

// iOS says the heading itself; others give alpha, counter-clockwise from north, only in absolute events.
function turned(event) {
  const heading = event.webkitCompassHeading ?? (event.absolute && event.alpha !== null ? (360 - event.alpha) % 360 : null);
  if (heading === null || !Number.isFinite(heading)) return;
  const accuracy = event.webkitCompassAccuracy;
  state.compass = { heading, sigma: accuracy > 0 ? accuracy : null, at: Date.now() };
  if (!at("knows").checked) showHeading();
}

async function allowCompass() {
  const asks = window.DeviceOrientationEvent?.requestPermission;
  if (asks) await asks.call(window.DeviceOrientationEvent).catch(() => "denied");
  window.addEventListener("deviceorientationabsolute", turned);
  window.addEventListener("deviceorientation", turned);
}

// A direction set by hand is a true one, read off a map; a compass shows the magnetic one.
function direction() {
  if (at("knows").checked) return { azimuth_true_deg: Number(at("azimuth").value) };
  if (!state.compass || Date.now() - state.compass.at > COMPASS_FRESH_MS) return {};
  const found = { azimuth_magnetic_deg: Math.round(state.compass.heading * 10) / 10 };
  return state.compass.sigma ? { ...found, sigma_azimuth_deg: state.compass.sigma } : found;
}

function showHeading() {
  const found = direction();
  at("heading").textContent =
    found.azimuth_true_deg !== undefined
      ? text(state.language, "by_hand_heading", found.azimuth_true_deg)
      : found.azimuth_magnetic_deg !== undefined
        ? text(state.language, "heading", Math.round(found.azimuth_magnetic_deg))
        : text(state.language, "no_heading");
}

function showWaiting(count) {
  at("waiting").textContent = count ? text(state.language, "waiting", count) : "";
}

async function sendNow(event) {
  event.preventDefault();
  const stood = place();
  if (!stood) {
    say("need_place");
    return;
  }
  const elevation = at("elevation").value;
  const report = {
    id: `${Date.now().toString(36)}-${crypto.getRandomValues(new Uint16Array(1))[0].toString(36)}`,
    reporter: own(),
    t_utc: new Date().toISOString(),
    latitude_deg: stood.latitude,
    longitude_deg: stood.longitude,
    sense: new FormData(at("report")).get("sense"),
    ...direction(),
    ...(elevation ? { elevation_deg: Number(elevation) } : {}),
  };
  state.last = report;
  at("add").disabled = false;
  await deliver(report, "sent");
}

async function deliver(report, thanks) {
  const outcome = queue.reports().length ? { later: true } : await send(report);
  if (outcome.later) {
    queue.put(report);
    say("kept");
  } else if (outcome.refused) say("refused", outcome.refused);
  else say(thanks);
}

async function addMore() {
  const more = { ...state.last, words: at("words").value.trim() };
  const file = at("photo").files[0];
  if (file) {
    const photo = await sendPhoto(file).catch((error) => ({ refused: error.message }));
    if (photo.refused) say("refused", photo.refused);
    else more.photo_sha256 = photo.sha256;
  }
  if (!more.words && !more.photo_sha256) return;
  await deliver(more, "added");
}

async function sendPhoto(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, PHOTO_EDGE_MAX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const octets = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  const answer = await fetch("/api/v1/sightings/photos", {
    method: "POST",
    headers: { "Content-Type": "image/jpeg" },
    body: octets,
  });
  const said = await answer.json();
  return answer.ok ? said : { refused: said.error };
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
at("locate").addEventListener("click", locate);
at("compass").addEventListener("click", allowCompass);
at("azimuth").addEventListener("input", () => {
  at("knows").checked = true;
  showHeading();
});
at("knows").addEventListener("change", showHeading);
at("report").addEventListener("submit", sendNow);
at("add").addEventListener("click", addMore);
if (!window.DeviceOrientationEvent?.requestPermission) allowCompass();
speak(state.language);
queue.flush();
