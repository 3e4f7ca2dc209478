// What the page says, in four languages. A native reader must check Lithuanian, Latvian and Estonian.
export const WORDS = {
  en: {
    title: "Report a drone", danger: "In danger call 112. This page does not replace it.", sense: "I",
    saw: "see it", heard: "hear it", place: "Where I stand", locate: "Use my location", by_hand: "Type it in",
    latitude: "Latitude", longitude: "Longitude", direction: "Direction",
    point: "Point the top of the phone at it and press the big button.", compass: "Allow the compass",
    degrees: "Or set it: 0 north, 90 east, 180 south, 270 west", knows: "I know the direction",
    elevation: "How high in the sky", unsure: "Not sure", horizon: "At the horizon", low: "Low", half: "Half way up",
    overhead: "Overhead", now: "There it is: send now", more: "Then, if you are safe", words: "In your own words",
    photo: "Photo", add: "Add to my report", located: "Within {0} m", no_place: "No place yet",
    denied: "No location: type it in", heading: "{0}° by compass", by_hand_heading: "{0}° set by hand",
    no_heading: "No direction", sent: "Thank you. Your report arrived.", added: "Added.",
    kept: "No connection: kept, and sent as soon as there is one.", refused: "Not taken: {0}",
    waiting: "{0} waiting to be sent", need_place: "Where do you stand? Use your location or type it in.",
  },
  lt: {
    title: "Pranešti apie droną", danger: "Iškilus pavojui skambinkite 112. Šis puslapis jo nepakeičia.", sense: "Aš",
    saw: "matau", heard: "girdžiu", place: "Kur esu", locate: "Nustatyti mano vietą", by_hand: "Įvesti ranka",
    latitude: "Platuma", longitude: "Ilguma", direction: "Kryptis",
    point: "Nukreipkite telefono viršų į jį ir spauskite didįjį mygtuką.", compass: "Leisti naudoti kompasą",
    degrees: "Arba nustatykite: 0 šiaurė, 90 rytai, 180 pietūs, 270 vakarai", knows: "Kryptį žinau",
    elevation: "Kaip aukštai danguje", unsure: "Nežinau", horizon: "Prie horizonto", low: "Žemai", half: "Pusiaukelėje",
    overhead: "Virš galvos", now: "Štai jis: siųsti dabar", more: "Paskui, jei esate saugūs", words: "Savais žodžiais",
    photo: "Nuotrauka", add: "Pridėti prie pranešimo", located: "{0} m tikslumu", no_place: "Vieta dar nežinoma",
    denied: "Vietos nustatyti nepavyko: įveskite ranka", heading: "{0}° pagal kompasą",
    by_hand_heading: "{0}° nustatyta ranka", no_heading: "Krypties nėra", sent: "Ačiū. Pranešimas gautas.",
    added: "Pridėta.", kept: "Ryšio nėra: išsaugota, bus išsiųsta atsiradus ryšiui.", refused: "Nepriimta: {0}",
    waiting: "Laukia išsiuntimo: {0}", need_place: "Kur esate? Nustatykite vietą arba įveskite ją.",
  },
  lv: {
    title: "Ziņot par dronu", danger: "Briesmās zvaniet 112. Šī lapa to neaizstāj.", sense: "Es",
    saw: "redzu", heard: "dzirdu", place: "Kur es esmu", locate: "Noteikt manu vietu", by_hand: "Ievadīt pašam",
    latitude: "Platums", longitude: "Garums", direction: "Virziens",
    point: "Pavērsiet tālruņa augšmalu pret to un spiediet lielo pogu.", compass: "Atļaut kompasu",
    degrees: "Vai iestatiet: 0 ziemeļi, 90 austrumi, 180 dienvidi, 270 rietumi", knows: "Virzienu zinu",
    elevation: "Cik augstu debesīs", unsure: "Nezinu", horizon: "Pie apvāršņa", low: "Zemu", half: "Pusaugstumā",
    overhead: "Virs galvas", now: "Tur tas ir: sūtīt tūlīt", more: "Pēc tam, ja esat drošībā", words: "Saviem vārdiem",
    photo: "Fotoattēls", add: "Pievienot ziņojumam", located: "Ar {0} m precizitāti", no_place: "Vieta vēl nav zināma",
    denied: "Vietu nevar noteikt: ievadiet pats", heading: "{0}° pēc kompasa", by_hand_heading: "{0}° iestatīts pašam",
    no_heading: "Virziena nav", sent: "Paldies. Ziņojums saņemts.", added: "Pievienots.",
    kept: "Nav savienojuma: saglabāts, tiks nosūtīts, kad tas būs.", refused: "Nav pieņemts: {0}",
    waiting: "Gaida nosūtīšanu: {0}", need_place: "Kur jūs esat? Nosakiet vietu vai ievadiet to.",
  },
  et: {
    title: "Teata droonist", danger: "Ohu korral helistage 112. See leht seda ei asenda.", sense: "Ma",
    saw: "näen", heard: "kuulen", place: "Kus ma olen", locate: "Määra minu asukoht", by_hand: "Sisesta käsitsi",
    latitude: "Laiuskraad", longitude: "Pikkuskraad", direction: "Suund",
    point: "Suunake telefoni ülaserv selle poole ja vajutage suurt nuppu.", compass: "Luba kompass",
    degrees: "Või määrake: 0 põhi, 90 ida, 180 lõuna, 270 lääs", knows: "Suunda tean",
    elevation: "Kui kõrgel taevas", unsure: "Ei tea", horizon: "Silmapiiril", low: "Madalal", half: "Poolel kõrgusel",
    overhead: "Pea kohal", now: "Seal see on: saada kohe", more: "Seejärel, kui olete ohutus kohas",
    words: "Oma sõnadega", photo: "Foto", add: "Lisa teatele", located: "Täpsus {0} m", no_place: "Asukoht pole veel teada",
    denied: "Asukohta ei saa määrata: sisestage käsitsi", heading: "{0}° kompassi järgi",
    by_hand_heading: "{0}° käsitsi määratud", no_heading: "Suunda pole", sent: "Aitäh. Teade jõudis kohale.",
    added: "Lisatud.", kept: "Ühendust pole: salvestatud, saadetakse ühenduse tekkides.", refused: "Ei võetud vastu: {0}",
    waiting: "Saatmist ootab: {0}", need_place: "Kus te olete? Määrake asukoht või sisestage see.",
  },
};

export function text(language, key, ...values) {
  const words = WORDS[language][key];
  return values.reduce((said, value, at) => said.replace(`{${at}}`, value), words);
}
