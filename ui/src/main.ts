import { mount } from "svelte";
import App from "./parts/App.svelte";
import "./page.css";

mount(App, { target: document.getElementById("app")! });
