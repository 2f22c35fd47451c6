import './controls.css';
import './base.css';
import './notebook.css';
