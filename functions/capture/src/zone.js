document.querySelector("[name=_tz]").value = Intl.DateTimeFormat().resolvedOptions().timeZone;
